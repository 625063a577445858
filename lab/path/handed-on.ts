/**
 * What each gateway was given to number: a line for each like, beside its records, which know no
 * users. The states that must come of them are worked out from this, and each 202 is held against
 * it.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Like } from '../../likes/like.ts';
import type { PlannedLike } from '../../likes/workloads/workload.ts';
import { LabError } from '../lab-error.ts';
import { LineWriter } from './line-writer.ts';

/** Beside the records of the same process. */
export function handedOnPath(recordsPath: string): string {
  return `${recordsPath}.likes`;
}

const lineSchema = z.tuple([
  z.int().nonnegative(),
  z.string(),
  z.string(),
  z.enum(['like', 'unlike']),
  z.int().positive(),
]);

/** To be called before the likes are handed on. */
export class HandedOnWriter implements Disposable {
  readonly #lines: LineWriter;
  readonly #keepsAtOnce: boolean;

  /** `keepsAtOnce`: on the disk before a like is handed on, for a process that may be killed. */
  constructor(path: string, { keepsAtOnce }: { readonly keepsAtOnce: boolean }) {
    this.#lines = new LineWriter(path);
    this.#keepsAtOnce = keepsAtOnce;
  }

  write(likes: readonly Like[]): void {
    for (const { seq, post, user, action, version } of likes) {
      this.#lines.write(JSON.stringify([seq, post, user, action, version]));
    }
    if (this.#keepsAtOnce) this.flush();
  }

  flush(): void {
    this.#lines.flush();
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }
}

/**
 * In the order of their seqs. A line that a dead process did not finish is left out: its like was
 * never handed on.
 * @throws LabError RECORDS_UNREADABLE when the file holds something else
 */
export function readHandedOn(path: string): PlannedLike[] {
  const text = readFileSync(path, 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  lines.pop();
  const likes = lines.map((line): PlannedLike => {
    const [seq, post, user, action, version] = parsed(line, path);
    return { seq, post, user, action, version, retry: false };
  });
  return likes.sort((one, other) => one.seq - other.seq);
}

function parsed(line: string, path: string): z.infer<typeof lineSchema> {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch (cause) {
    const what = `${path} holds a line that is no like; run the trial again`;
    throw new LabError('RECORDS_UNREADABLE', what, cause);
  }
}
