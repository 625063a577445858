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

  test('takes no order that is none', () => {
    for (const wrong of [{}, { posts: [''] }, { posts: ['a'], lingerMs: -1 }]) {
      expect(holdOrderSchema.safeParse(wrong).success).toBe(false);
    }
  });
});
