import { describe, expect, test } from 'vitest';
import {
  BAR_SHARDS,
  calculateLoads,
  calculateMoves,
  countByPost,
  expectedByLetter,
  idsOf,
  largestOverMean,
  type RoutingRule,
  SHARDS,
} from '../../lab/calculate-loads.ts';
import { calculatedLoadsSchema } from '../../lab/sharding-schema.ts';
import type { PlannedLike } from '../../likes/workloads/planned-like.ts';
import { openWorkload, type Workload } from '../../likes/workloads/workload.ts';

function like(seq: number, post: string, retry = false): PlannedLike {
  return { seq, post, user: 'u', action: 'like', version: 1, retry };
}

/** Ten likes on three posts: b takes all of the second half, and one like is sent twice. */
const LIKES = [
  ...['a', 'b', 'c', 'a', 'a'].map((post, seq) => like(seq, post)),
  like(4, 'a', true),
  ...[5, 6, 7, 8, 9].map((seq) => like(seq, 'b')),
];

function workloadOf(changed: Partial<Workload> = {}): Workload {
  return {
    ...{ name: 'zipf', seed: 1, likes: 10, posts: ['a', 'b', 'c', 'never'], postsAtStart: 4 },
    ...{ retryShare: 0, doublePressShare: 0 },
    expectedCounts: () => undefined,
    stream: () => LIKES,
    ...changed,
  };
}

/** One that has everything in the shard with the number of the post's letter. */
const byPlace: RoutingRule = {
  name: 'by place',
  shardOf: (post, shards) => (post.charCodeAt(0) - 'a'.charCodeAt(0)) % shards,
};

test('the largest over the mean is 1 when all are alike, and the number of shards at most', () => {
  expect(largestOverMean([3, 3, 3])).toBe(1);
  expect(largestOverMean([0, 9, 0, 0])).toBe(4);
  expect(largestOverMean([6, 2])).toBe(1.5);
  expect(largestOverMean([0, 0])).toBe(1);
});

test('likes are counted by post and tenth, clients’ retries where they come', () => {
  const { parts, sent } = countByPost(workloadOf());
  expect(sent).toBe(11);
  expect(parts.map((part) => [...part])).toEqual([
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [1, 0, 0, 0],
    [1, 0, 0, 0],
    // The retry comes after the fifth like.
    [1, 1, 0, 0],
    ...new Array(4).fill([0, 1, 0, 0]),
  ]);
});

test('only videos are given the number of their first day', () => {
  expect(idsOf({ name: 'trending', posts: ['x9', 'y'] })).toEqual(['x9#0', 'y#1']);
  expect(idsOf({ name: 'zipf', posts: ['x9', 'y'] })).toEqual(['x9', 'y']);
});

describe('the loads of a workload', () => {
  const seen: number[] = [];
  const rules = (idsSeen: number) => {
    seen.push(idsSeen);
    return [byPlace];
  };
  const topShare = { whole: 0.5, most: 0.9 };
  const { loads } = calculateLoads(workloadOf({ topShare, postsAtStart: 3 }), 'made', rules);
  const [routing] = loads.routings;

  test('are those of its posts, over all likes and in the worst tenth', () => {
    // Of 11 likes a has 4, b 6 and c 1: in two shards a and c stand together.
    expect(routing!.ratios[0]).toBeCloseTo((6 * 2) / 11, 12);
    expect(routing!.ratios[1]).toBeCloseTo((6 * 4) / 11, 12);
    expect(routing!.ratiosWorstTenth).toEqual(SHARDS);
    expect(routing!.postRatios[0]).toBeCloseTo((2 * 2) / 3, 12);
    expect(routing!.bars).toEqual([4, 6, 1, ...new Array(BAR_SHARDS - 3).fill(0)]);
  });

  test('say how much the top post has, and what was expected of it', () => {
    expect(loads).toMatchObject({ stream: 'made', sent: 11, posts: 3, shards: SHARDS });
    expect(loads.topPost).toEqual({
      share: 6 / 11,
      shareWorstTenth: 1,
      expectedShare: 0.5,
      expectedShareMost: 0.9,
    });
    expect(() => calculatedLoadsSchema.parse(loads)).not.toThrow();
  });

  test('are of ranges that were cut when the workload began', () => {
    expect(seen).toEqual([3]);
  });
});

test('the hash of a calculation is that of the likes that a producer would send', () => {
  const workload = openWorkload('newest', { likes: 2_000, seed: 5 });
  const hashes = [1, 2].map(() => calculateLoads(workload, 'newest', () => []).hash);
  expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
  expect(hashes[1]).toBe(hashes[0]);
});

test('letters alone make ranges as large as the people who have such names', () => {
  const all: RoutingRule = { name: 'letters', shardOf: () => 0 };
  expect(expectedByLetter(all)).toEqual(SHARDS);
  const halves: RoutingRule = { name: 'letters', shardOf: (name) => (name < 'n' ? 0 : 1) };
  // 62 % of the people in the file have names up to and with M.
  expect(expectedByLetter(halves)[0]).toBeCloseTo(2 * 0.624, 2);
});

describe('the keys that move', () => {
  const keys = Array.from({ length: 1_000 }, (_, place) => `k${place}`);
  const numberOf = (key: string) => Number(key.slice(1));

  test('are those that stand elsewhere with one shard more', () => {
    const modulo: RoutingRule = {
      name: 'modulo',
      shardOf: (key, shards) => numberOf(key) % shards,
    };
    const { routings, shardsBefore } = calculateMoves(keys, () => [modulo]);
    expect(shardsBefore).toEqual([4, 8, 16, 32]);
    expect(routings[0]!.moved[0]).toBeCloseTo(0.8, 12);
    expect(routings[0]!.expected.map((share) => share.toFixed(3))).toEqual([
      '0.800',
      '0.889',
      '0.941',
      '0.970',
    ]);
  });

  test('are told by the routing itself where it moves fewer', () => {
    const slots: RoutingRule = {
      name: 'slots',
      shardOf: (key, shards) => numberOf(key) % shards,
      afterOneMore: (key, shards) => (numberOf(key) === 7 ? shards : numberOf(key) % shards),
    };
    const { routings, keys: count } = calculateMoves(keys, () => [slots]);
    expect(count).toBe(1_000);
    expect(routings[0]!.moved).toEqual([0.001, 0.001, 0.001, 0.001]);
    expect(routings[0]!.expected[0]).toBe(1 / 5);
  });
});
