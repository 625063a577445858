import { describe, expect, test } from 'vitest';
import { MemoryStatesShard } from '../../store/memory-states-shard.ts';
import { openStore } from '../../store/open-store.ts';
import { ShardedStore } from '../../store/sharded-store.ts';
import { withPostMoved } from '../../store/slot-map.ts';
import { testStatesStore } from '../store-contract-states.ts';
import { breakableShards, SLOT_MAP } from './breakable-shards.ts';
import { madePresses, press } from './made-presses.ts';

testStatesStore('memory', async () =>
  breakableShards((index) => new MemoryStatesShard(index, SLOT_MAP)),
);

describe('MemoryStatesShard', () => {
  test('refuses a batch routed by another slot map, and stores nothing of it', async () => {
    await using shard = new MemoryStatesShard(0, SLOT_MAP);
    await expect(shard.apply([press('ann', 'x', 1)], [0], 2)).rejects.toMatchObject({
      code: 'SLOT_MAP_CHANGED',
    });
    expect(await shard.totals()).toMatchObject({ posts: 0, states: 0 });
  });

  test('finds posts of other shards, and users of other slices', async () => {
    const split = withPostMoved(SLOT_MAP, 'hot', [0, 1]);
    await using shard = new MemoryStatesShard(0, split);
    const users = madePresses(1, 20, 1).map((like) => ({ ...like, post: 'hot' }));
    await shard.apply(
      users,
      users.map((_, place) => place),
      2,
    );
    const problems = await shard.findProblems();
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThan(20);
    expect(problems[0]).toMatch(/^user "user-\d+" of post "hot" belongs to the slice in shard 1$/);
    await shard.adoptSlotMap({ ...withPostMoved(split, 'hot', [3]), version: 3 });
    expect(await shard.findProblems()).toEqual(['post "hot" belongs to shard 3']);
    expect((await shard.ownership())('hot')).toBe(false);
  });

  test('is what a memory store under states is made of', async () => {
    await using store = await openStore({ engine: 'memory', rule: 'states', shards: 2 });
    await store.apply([press('ann', 'x', 1), press('ann', 'x', 2)]);
    expect(await store.countOf('x')).toEqual({ post: 'x', likes: 1, unlikes: 0 });
    expect(await store.settings()).toEqual({ shards: '2', engine: 'memory', rule: 'states' });
  });
});

describe('a post that is split under states', () => {
  test('has each user in one slice, and is read as one sum', async () => {
    const map = withPostMoved(SLOT_MAP, 'hot', [0, 1, 3]);
    const shards = [0, 1, 2, 3].map((index) => new MemoryStatesShard(index, map));
    await using store = await ShardedStore.open(shards, () => map);
    const presses = madePresses(1, 300, 2).map((like) => ({ ...like, post: 'hot' }));
    // Every third user stops at the like.
    const sent = presses.filter(({ version }, place) => version === 1 || place % 3 !== 0);
    await store.apply(sent.toReversed());
    const likes = 600 - sent.length;
    expect(likes).toBeGreaterThan(0);
    expect(await store.countOf('hot')).toEqual({ post: 'hot', likes, unlikes: 0 });
    const slices = await Promise.all(shards.map((shard) => shard.totals()));
    expect(slices.map(({ states }) => states! > 0)).toEqual([true, true, false, true]);
    expect(await store.totals()).toMatchObject({ states: 300, likes });
    expect(await store.topPosts(3)).toEqual([{ post: 'hot', likes, unlikes: 0 }]);
    const liked = await Promise.all(
      Array.from({ length: 300 }, (_, user) => store.isLikedBy(`user-${user}`, 'hot')),
    );
    expect(liked.filter(Boolean)).toHaveLength(likes);
    expect(await store.findProblems()).toEqual([]);
  });
});
