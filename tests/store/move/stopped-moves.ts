/** Moves that stop, and a store that is counted into meanwhile. */
import { expect } from 'vitest';
import type { Like } from '../../../likes/like.ts';
import type { WatchMove } from '../../../store/move/index.ts';
import type { MoveStep } from '../../../store/move/steps.ts';
import { openStore, type StoreOptions } from '../../../store/open-store.ts';
import { allCounts, madeLike, modelCounts } from '../made-likes.ts';

const POSTS = 300;
export const HOT = 'post-7';

/** For the store the same as a death: nothing more is written. */
class Stop extends Error {}

/** Whether the step came; then nothing was done after it. */
export async function stopAfter(
  step: MoveStep | undefined,
  work: (watch: WatchMove) => Promise<unknown>,
): Promise<boolean> {
  try {
    await work((done) => {
      if (done === step) throw new Stop(step);
    });
    return false;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return true;
  }
}

export function likesFrom(first: number, count: number): Like[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = first + index;
    return madeLike('gateway', seq, {
      post: `post-${(seq * 7) % POSTS}`,
      user: `user-${seq % 97}`,
    });
  });
}

/** One store, counted into more and more. */
export function countingInto(options: StoreOptions) {
  let made = 0;
  const applied: Like[] = [];
  const likes = (count: number): Like[] => {
    const fresh = likesFrom(made, count);
    made += count;
    applied.push(...fresh);
    // Some of what was counted before is delivered again, whoever counted it.
    return [...fresh, ...applied.filter((_, index) => index % 5 === made % 5)];
  };
  const check = async (shards: number) => {
    await using store = await openStore({ ...options, shards } as StoreOptions);
    expect(await allCounts(store)).toEqual(modelCounts(applied));
    const posts = Array.from({ length: POSTS }, (_, index) => `post-${index}`);
    const read = await store.countsOf(posts);
    expect(read.reduce((sum, { likes, unlikes }) => sum + likes + unlikes, 0)).toBe(applied.length);
    expect(await store.findProblems()).toEqual([]);
    expect(await store.totals()).toMatchObject({ marks: applied.length });
  };
  return { likes, check };
}
