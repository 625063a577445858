import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { largestOverMean } from '../../lab/calculate-loads.ts';
import { trialResultSchema } from '../../lab/trial-result.ts';
import { openWorkload } from '../../likes/workloads/workload.ts';
import { byLetter } from '../../store/routing/letters.ts';
import { openRealTrials, type RealTrials } from './real-trials.ts';

const SHARDS = 2;
const LIMIT = { transactionsPerSMax: 500, likesPerTransactionMax: 20 };
const ORDER = {
  seed: 7,
  likes: 6_000,
  sharding: { shards: SHARDS, sharding: { routing: { name: 'letters' }, ...LIMIT } },
} as const;

/** What the shards must have at the end, from the workload alone. */
function loadsOf(likes: number): number[] {
  const loads = [0, 0];
  for (const { post, retry } of openWorkload('trending', { likes, seed: 7 }).stream()) {
    if (!retry) loads[byLetter.shardOf(post, SHARDS)]!++;
  }
  return loads;
}

describe('a real trial that is about its shards', () => {
  let trials: RealTrials;

  beforeAll(async () => {
    trials = await openRealTrials('null');
  });
  afterAll(async () => {
    await trials?.[Symbol.asyncDispose]();
  });

  test('counts each like in the shard of its letter, within the limit', async () => {
    const { result } = await trials.run({ mode: 'sustained', ...ORDER });
    expect(result!.reasons).toEqual([]);
    expect(result!.verdict).toBe('pass');
    expect(() => trialResultSchema.parse(result)).not.toThrow();
    const loads = loadsOf(6_000);
    expect(result!.shards!.map(({ likes, unlikes }) => likes + unlikes)).toEqual(loads);
    const { likesRatio, hottest, transactions } = result!.shardLoads!;
    expect(likesRatio).toBeCloseTo(largestOverMean(loads), 9);
    expect(hottest).toBe(loads.indexOf(Math.max(...loads)));
    for (const [shard, load] of loads.entries()) {
      expect(transactions[shard]).toBeGreaterThanOrEqual(load / LIMIT.likesPerTransactionMax);
    }
    // The hottest shard cannot be faster than its limit, but for the bucket that it begins with.
    const { transactionsPerSMax: perS, likesPerTransactionMax: likesMax } = LIMIT;
    const atLeastS = Math.max(...loads) / likesMax / perS - 0.1;
    const sustained = result!.rates!.sustainedLikesPerS!;
    expect(6_000 / sustained).toBeGreaterThan(atLeastS * 0.9);
    expect(result!.plan).toMatchObject(ORDER.sharding);
    expect(result!.settings).toMatchObject({
      'store routing': 'letters',
      'store transactionsPerSMax': '500',
      'store likesPerTransactionMax': '20',
    });
  });

  test('at a pace has the latency of the hottest shard and of the others', async () => {
    const { result } = await trials.run({ mode: 'paced', ...ORDER });
    expect(result!.verdict).toBe('pass');
    const { hottestLatency, othersLatency } = result!.shardLoads!;
    const { dueToVisible } = result!.latencies!;
    expect(hottestLatency!.samples + othersLatency!.samples).toBe(dueToVisible.samples);
    const slowest = Math.max(hottestLatency!.maxUs, othersLatency!.maxUs);
    expect(slowest).toBe(dueToVisible.maxUs);
  });
});
