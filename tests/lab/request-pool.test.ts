import { describe, expect, test } from 'vitest';
import { requestPool } from '../../lab/request-pool.ts';
import { type TrialPlan, WORKLOAD_DEFAULT } from '../../lab/trial-plan.ts';

const PLAN: TrialPlan = {
  experiment: 'reads',
  mode: 'reads',
  workload: 'zipf',
  likes: 1_000,
  seed: 1,
  lanes: 4,
  consumers: 1,
  shards: 4,
  backlogBytesMax: 1e9,
};

describe('the posts of requests', () => {
  test.each([1, 10, 100, 1_000])('are %i different ones in each', (posts) => {
    const requests = requestPool(PLAN, posts);
    expect(requests.length).toBeGreaterThanOrEqual(20);
    for (const request of requests) {
      expect(request).toHaveLength(posts);
      expect(new Set(request).size).toBe(posts);
    }
  });

  test('are as popular as they are in likes: the first has the share of the Zipf law', () => {
    const requests = requestPool(PLAN, 1).flat();
    const first = requests.filter((post) => post === 'p00000').length / requests.length;
    // 1 / sum of rank^-0.99 over 10,000 posts is 9.8 %; five standard deviations of 4,000 draws.
    expect(Math.abs(first - 0.098)).toBeLessThan(5 * Math.sqrt((0.098 * 0.902) / requests.length));
  });

  test('are the same for the same seed, and no more than the workload has', () => {
    expect(requestPool(PLAN, 10)).toEqual(requestPool(PLAN, 10));
    expect(requestPool({ ...PLAN, seed: 2 }, 10)).not.toEqual(requestPool(PLAN, 10));
    const all = requestPool({ ...PLAN, workload: WORKLOAD_DEFAULT }, 100_000);
    expect(new Set(all[0]).size).toBe(all[0]!.length);
    expect(all[0]!.length).toBeLessThanOrEqual(1_800);
  });
});
