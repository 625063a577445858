/** Result files: one a trial, and an index a run. Added, never overwritten; validated both ways. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { LabError, messageOf } from './lab-error.ts';
import { RESULT_FORMAT, type TrialResult, trialResultSchema } from './trial-result.ts';

const indexSchema = z.strictObject({
  format: z.literal(RESULT_FORMAT),
  run: z.string(),
  startedAt: z.iso.datetime(),
  /** The command line that repeats the run, without the path of the program. */
  command: z.string(),
  profile: z.string(),
  /** False while the run goes on, and for ever when it was interrupted. */
  complete: z.boolean(),
  /** Files of the trials, relative to the index. */
  trials: z.array(z.string()),
});

export type RunIndex = z.infer<typeof indexSchema>;

export interface RunFacts {
  readonly run: string;
  readonly startedAt: Date;
  readonly command: string;
  readonly profile: string;
}

/** The files of one run while it goes on. */
export class RunFiles {
  readonly indexPath: string;
  readonly #trialFolder: (experiment: string) => string;
  readonly #index: { trials: string[]; complete: boolean } & Omit<RunIndex, 'trials' | 'complete'>;

  /** In `outFolder` all files of the run stand together; else by day below `resultsFolder`. */
  constructor(facts: RunFacts, folders: { resultsFolder: string; outFolder?: string | undefined }) {
    const day = facts.startedAt.toISOString().slice(0, 10);
    const { outFolder } = folders;
    const dayFolder = join(folders.resultsFolder, day);
    this.indexPath = outFolder
      ? join(outFolder, 'index.json')
      : join(dayFolder, `${facts.run}.json`);
    this.#trialFolder = (experiment) =>
      outFolder ? join(outFolder, experiment) : join(dayFolder, experiment, facts.run);
    this.#index = {
      format: RESULT_FORMAT,
      run: facts.run,
      startedAt: facts.startedAt.toISOString(),
      command: facts.command,
      profile: facts.profile,
      complete: false,
      trials: [],
    };
    if (existsSync(this.indexPath)) {
      throw new LabError(
        'FOLDER_UNUSABLE',
        `${this.indexPath} holds another run, and results are never overwritten; ` +
          'name another folder with --out',
      );
    }
    this.#writeIndex();
  }

  add(result: TrialResult): void {
    const folder = this.#trialFolder(result.experiment);
    const path = join(folder, `${result.trial}.json`);
    writing(path, () => {
      mkdirSync(folder, { recursive: true });
      const text = JSON.stringify(trialResultSchema.parse(result), undefined, 1);
      writeFileSync(path, `${text}\n`, { flag: 'wx' });
    });
    this.#index.trials.push(relative(dirname(this.indexPath), path));
    this.#writeIndex();
  }

  finish(): void {
    this.#index.complete = true;
    this.#writeIndex();
  }

  #writeIndex(): void {
    writing(this.indexPath, () => {
      mkdirSync(dirname(this.indexPath), { recursive: true });
      // Whoever reads the index meanwhile sees the old one or the new one, never half of one.
      writeFileSync(`${this.indexPath}.part`, `${JSON.stringify(this.#index, undefined, 1)}\n`);
      renameSync(`${this.indexPath}.part`, this.indexPath);
    });
  }
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    if (!(cause as NodeJS.ErrnoException).code) throw cause;
    throw new LabError(
      'FOLDER_UNUSABLE',
      `cannot write ${path} (${messageOf(cause)}); free some space, or name a folder ` +
        'that can be written with --out',
      cause,
    );
  }
}

export interface Run {
  readonly index: RunIndex;
  readonly results: readonly TrialResult[];
}

/** Reads a whole run. @throws LabError RESULT_INVALID naming the file and what is wrong in it. */
export function readRun(indexPath: string): Run {
  const index = readJson(indexPath, indexSchema);
  const results = index.trials.map((path) =>
    readJson(join(dirname(indexPath), path), trialResultSchema),
  );
  return { index, results };
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw invalid(path, messageOf(cause), 'check the path, or run the experiment again', cause);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (format !== RESULT_FORMAT) {
    const found = `it has format ${JSON.stringify(format)}, this lab reads ${RESULT_FORMAT}`;
    throw invalid(path, found, 'read it with the version that made it, or run it again');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') || 'the file';
  throw invalid(path, `${where}: ${issue?.message}`, 'restore the file, or run it again');
}

function invalid(path: string, what: string, next: string, cause?: unknown): LabError {
  // What a parser says may quote some of the file, line breaks included.
  const line = what.replaceAll(/\s+/g, ' ');
  return new LabError('RESULT_INVALID', `${path} is no result: ${line}; ${next}`, cause);
}
