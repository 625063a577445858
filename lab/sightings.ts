/**
 * What a reader saw of the posts that it watched, in a file of its own: the posts as one line of
 * JSON, then a line for each sighting. Times are µs on the trial's clock.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { LabError } from './lab-error.ts';

/** A read that showed another count than the one before it, or the last read of all. */
export interface Sighting {
  /** Place of the post in the list. */
  readonly place: number;
  readonly likes: number;
  readonly unlikes: number;
  /** When the read before this one began, which showed the count before; 0 without one. */
  readonly beforeUs: number;
  /** When this read began and when it was over. */
  readonly fromUs: number;
  readonly toUs: number;
}

export interface Sightings {
  readonly posts: readonly string[];
  readonly sightings: readonly Sighting[];
}

/** Lines wait in memory up to this many before they are written. */
const LINES_MAX = 1_000;

const postsSchema = z.array(z.string());
const time = z.number().nonnegative();
const sightingSchema = z.tuple([
  z.int().nonnegative(),
  z.int().nonnegative(),
  z.int().nonnegative(),
  time,
  time,
  time,
]);

export class SightingWriter implements Disposable {
  readonly #file: number;
  #lines: string[];

  constructor(path: string, posts: readonly string[]) {
    this.#file = openSync(path, 'wx');
    this.#lines = [JSON.stringify(posts)];
    this.flush();
  }

  add({ place, likes, unlikes, beforeUs, fromUs, toUs }: Sighting): void {
    this.#lines.push(JSON.stringify([place, likes, unlikes, beforeUs, fromUs, toUs]));
    if (this.#lines.length >= LINES_MAX) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.#lines.map((line) => `${line}\n`).join(''));
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#file, bytes, from);
    this.#lines = [];
  }

  [Symbol.dispose](): void {
    this.flush();
    closeSync(this.#file);
  }
}

/** @throws LabError RECORDS_UNREADABLE when the file is not what the writer above writes */
export function readSightings(path: string): Sightings {
  const [first = '', ...rest] = readFileSync(path, 'utf8').trimEnd().split('\n');
  try {
    const posts = postsSchema.parse(JSON.parse(first));
    const sightings = rest.map((line) => {
      const parsed = sightingSchema.parse(JSON.parse(line));
      const [place, likes, unlikes, beforeUs, fromUs, toUs] = parsed;
      if (place >= posts.length) throw new RangeError(`there is no post ${place}`);
      return { place, likes, unlikes, beforeUs, fromUs, toUs };
    });
    return { posts, sightings };
  } catch (cause) {
    throw new LabError(
      'RECORDS_UNREADABLE',
      `${path} is not a file of a reader's sightings; run the trial again`,
      cause,
    );
  }
}
