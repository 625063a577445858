/** Result files: one a trial, and an index a run. Added, never overwritten; validated both ways. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
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
  readonly run: string;
  /** The one that began the run. */
  readonly command: string;
  /** What the run had before it was interrupted. */
  readonly before: readonly TrialResult[];
  readonly #trialFolder: (experiment: string) => string;
  /** A run that goes on may find a trial that was written when it died, and was not yet listed. */
  readonly #goesOn: boolean;
  readonly #index: { trials: string[]; complete: boolean } & Omit<RunIndex, 'trials' | 'complete'>;

  private constructor(
    indexPath: string,
    before: readonly TrialResult[],
    index: RunIndex,
    trialFolder: (experiment: string) => string,
    goesOn: boolean,
  ) {
    this.indexPath = indexPath;
    this.before = before;
    this.run = index.run;
    this.command = index.command;
    this.#index = { ...index, trials: [...index.trials] };
    this.#trialFolder = trialFolder;
    this.#goesOn = goesOn;
  }

  /**
   * A new run. In `outFolder` all its files stand together; else by day below `resultsFolder`.
   * @throws LabError FOLDER_UNUSABLE when another run is there already, or nothing can be written
   */
  static begin(
    facts: RunFacts,
    folders: { resultsFolder: string; outFolder?: string | undefined },
  ): RunFiles {
    const day = facts.startedAt.toISOString().slice(0, 10);
    const { outFolder } = folders;
    const dayFolder = join(folders.resultsFolder, day);
    const indexPath = outFolder
      ? join(outFolder, 'index.json')
      : join(dayFolder, `${facts.run}.json`);
    const trialFolder = (experiment: string) =>
      outFolder ? join(outFolder, experiment) : join(dayFolder, experiment, facts.run);
    if (existsSync(indexPath)) {
      throw new LabError(
        'FOLDER_UNUSABLE',
        `${indexPath} holds another run, and results are never overwritten; ` +
          'name another folder with --out',
      );
    }
    const { run, startedAt, command, profile } = facts;
    const index: RunIndex = {
      ...{ format: RESULT_FORMAT, run, startedAt: startedAt.toISOString(), command, profile },
      ...{ complete: false, trials: [] },
    };
    const files = new RunFiles(indexPath, [], index, trialFolder, false);
    files.#writeIndex();
    return files;
  }

  /**
   * A run to go on with: where it was interrupted, or for more than it was first asked for.
   * @throws LabError RESULT_INVALID; USAGE for another profile
   */
  static goOn(indexPath: string, profile: string): RunFiles {
    const { index, results } = readRun(indexPath);
    if (index.profile !== profile) {
      throw new LabError(
        'USAGE',
        `--resume ${indexPath}: this run has the profile ${index.profile}; add --profile ` +
          `${index.profile} and its other flags: ${index.command}`,
      );
    }
    const folder = dirname(indexPath);
    const isTogether = basename(indexPath) === 'index.json';
    const trialFolder = (experiment: string) =>
      isTogether ? join(folder, experiment) : join(folder, experiment, index.run);
    return new RunFiles(indexPath, results, index, trialFolder, true);
  }

  add(result: TrialResult): void {
    const folder = this.#trialFolder(result.experiment);
    const path = join(folder, `${result.trial}.json`);
    const listed = relative(dirname(this.indexPath), path);
    const isLeftOver = this.#goesOn && !this.#index.trials.includes(listed);
    writing(path, () => {
      mkdirSync(folder, { recursive: true });
      const text = JSON.stringify(trialResultSchema.parse(result), undefined, 1);
      writeFileSync(path, `${text}\n`, { flag: isLeftOver ? 'w' : 'wx' });
    });
    this.#index.trials.push(listed);
    this.#index.complete = false; // Also of a run that was complete, and goes on for more.
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
