import { expect, test } from 'vitest';
import { measureShards } from '../../lab/measure-shards.ts';

const shardOf = (...counts: readonly { post: string; likes: number; unlikes: number }[]) => {
  return { marks: () => [], counts: () => counts };
};

test('a shard holds the sum of its posts, and an empty one nothing', async () => {
  const shards = [
    shardOf({ post: 'a', likes: 3, unlikes: 1 }, { post: 'b', likes: 4, unlikes: 0 }),
    shardOf(),
  ];
  expect(await measureShards({ shards, totals: () => ({ marks: 8 }) })).toEqual([
    { shard: 0, posts: 2, likes: 7, unlikes: 1 },
    { shard: 1, posts: 0, likes: 0, unlikes: 0 },
  ]);
});
