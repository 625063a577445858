/** What a contest is: our code against a bare opponent, side by side in pairs. */
import type { WorkloadName } from '../likes/workloads/workload.ts';
import type { Stage } from './stage.ts';

/** The likes of every contest. */
export const WORKLOAD: WorkloadName = 'trending';
export const SEED = 1;

/** The two sides of one pair. Each does the same work from the beginning and resolves with its
 * rate per second; it rejects when it did not do exactly that work, which strikes the pair out. */
export interface Sides {
  ours(): Promise<number>;
  /** Left out where there is nothing to compare with: our rate is a figure of its own. */
  bare?(): Promise<number>;
  /** What both share, disposed after them. */
  readonly held?: AsyncDisposable;
}

export interface Contest {
  readonly name: string;
  /** What is counted per second, in a word: likes, messages, entries. */
  readonly unit: string;
  /** The least ratio of our rate to the opponent's that the lab sets itself. */
  readonly target?: number;
  /** What each figure includes and leaves out: printed below the table. */
  readonly ours: string;
  readonly bare?: string;
  /** Likes of a side at most, where the queue is too slow for as many as the bench has. */
  readonly likesMost?: number;
  /** A pair that is run first and not counted: the server compiles its code while it runs. */
  readonly warmsUp: boolean;
  /** Everything that both sides share; called anew for every pair. */
  openPair(stage: Stage): Promise<Sides>;
}

/** A side failed, or did other work than asked: its pair becomes no ratio. */
export class StruckOutError extends Error {
  override readonly name = 'StruckOutError';
  readonly code = 'STRUCK_OUT';
}

/** @throws StruckOutError when a side did not do exactly the work of the pair. */
export function expectExactly(what: string, found: number, wanted: number): void {
  if (found === wanted) return;
  throw new StruckOutError(
    `${what}: ${found} instead of ${wanted}; find out why before believing any ratio`,
  );
}

/** Pairs that were measured whole, and why the others were struck out. */
export interface ContestResult {
  readonly contest: Contest;
  readonly pairs: readonly { readonly ours: number; readonly bare?: number | undefined }[];
  readonly struck: readonly string[];
}
