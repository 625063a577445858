/** What the workloads hand out: likes without a source and a time, which a run adds. */

import type { Like } from '../like.ts';

/** One like to send, or (`retry`) one to send once more. */
export interface PlannedLike {
  /** Dense, from 0, in the order of the presses. A retry repeats the seq of its like. */
  readonly seq: number;
  readonly post: string;
  readonly user: string;
  readonly action: 'like' | 'unlike';
  /** The user's own running number of actions on this post, from 1. */
  readonly version: number;
  /** True when the same like (same seq) is sent once more, as a client's retry does. */
  readonly retry: boolean;
}

/** The next likes of a stream: `count`, or fewer when it ends. */
export function takeNext(rest: Iterator<PlannedLike>, count: number): PlannedLike[] {
  const taken: PlannedLike[] = [];
  while (taken.length < count) {
    const next = rest.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

/** The likes to send: what the plan leaves open is who numbers them and when they were pressed. */
export function likesOf(
  planned: readonly PlannedLike[],
  sender: { readonly source: string; readonly likedAtMs: number },
): Like[] {
  return planned.map(({ seq, post, user, action, version }) => {
    return { source: sender.source, seq, post, user, action, version, likedAtMs: sender.likedAtMs };
  });
}

/** Makes the distinct likes of one stream, one a call, with seqs rising by one from 0. */
export interface LikeMaker {
  make(seq: number): PlannedLike;
}

/** How often each like of a post counts when every distinct like is counted once. */
export interface ExpectedCount {
  readonly likes: number;
  readonly unlikes: number;
}

/**
 * A workload that cannot be opened. `USAGE`: an option is wrong. `DATA_UNREADABLE`: the file of
 * counts cannot be opened. `DATA_INVALID`: the file is there, and something in it is not allowed.
 */
export class WorkloadError extends Error {
  override readonly name = 'WorkloadError';
  readonly code: 'USAGE' | 'DATA_UNREADABLE' | 'DATA_INVALID';

  constructor(code: WorkloadError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
