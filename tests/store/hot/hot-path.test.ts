import { describe, expect, test } from 'vitest';
import { HotPath, holdOrderSchema } from '../../../store/hot/hot-path.ts';
import { likesOn, MadeStore, tellingOf } from './made-store.ts';

describe('the path before a store', () => {
  test('sees every batch, stores it in small transactions, holds what it is told to', async () => {
    const store = new MadeStore();
    const smallTransactions = { likesMax: 2, atOnceMax: 1 };
    const path = new HotPath(store, { nowMs: () => 1_000, smallTransactions });
    const told = await tellingOf(path, likesOn(['hot', 'a', 'hot']));
    expect(told).toEqual({ fresh: [0, 1, 2], seen: [] });
    path.hold(holdOrderSchema.parse({ posts: ['hot'], lingerMs: 1 }));
    await Promise.all([
      path.apply(likesOn(['hot', 'a', 'b', 'hot', 'c'], 10)),
      path.apply(likesOn(['hot'], 20)),
    ]);
    expect(store.calls).toEqual([['hot', 'a'], ['hot'], ['a', 'b'], ['c'], ['hot', 'hot', 'hot']]);
    expect(path.seen()).toMatchObject({ total: 9, posts: [{ post: 'hot', likes: 5 }, {}, {}, {}] });
  });

  test('tells each batch which of its likes begin to be counted, held or not', async () => {
    const smallTransactions = { likesMax: 2, atOnceMax: 1 };
    const path = new HotPath(new MadeStore(), { nowMs: () => 1_000, smallTransactions });
    const begunOf = async (posts: string[], from: number) => {
      const begun: number[] = [];
      const begins = (places: readonly number[]) => void begun.push(...places);
      await path.apply(likesOn(posts, from), undefined, undefined, undefined, begins);
      return begun.sort((one, other) => one - other);
    };
    expect(await begunOf(['a', 'b', 'c'], 0)).toEqual([0, 1, 2]);
    path.hold(holdOrderSchema.parse({ posts: ['hot'], lingerMs: 1 }));
    const batches = [begunOf(['hot', 'a', 'hot', 'b'], 10), begunOf(['a', 'hot'], 20)];
    expect(await Promise.all(batches)).toEqual([
      [0, 1, 2, 3],
      [0, 1],
    ]);
  });

  test('takes no order that is none', () => {
    for (const wrong of [{}, { posts: [''] }, { posts: ['a'], lingerMs: -1 }]) {
      expect(holdOrderSchema.safeParse(wrong).success).toBe(false);
    }
  });
});
