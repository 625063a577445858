import { expect, test } from 'vitest';
import { reads } from '../../experiments/reads.ts';
import { cellOf } from '../../lab/table.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';
import { orderOf } from './step-order.ts';

test('each number of posts is read from the store, and from caches of each staleness', () => {
  const steps = reads.steps(orderOf());
  const cells = steps.map(({ reads: plan }) => [plan!.postsPerRequest, plan!.maxStalenessMs]);
  expect(new Set(cells.map(String)).size).toBe(16);
  for (const posts of [1, 10, 100, 1_000]) {
    for (const staleness of [undefined, 0, 100, 1_000]) {
      expect(cells).toContainEqual([posts, staleness]);
    }
  }
  // Counts change all the time meanwhile, at one rate for all rows.
  expect(new Set(steps.map(({ rate }) => JSON.stringify(rate))).size).toBe(1);
});

test('a row is named by posts and staleness, and shows age, bound and cache', () => {
  const plan = { ...madePlan('reads'), reads: { postsPerRequest: 10, maxStalenessMs: 100 } };
  const latency = { samples: 1, meanUs: 1, p50Us: 1, p90Us: 1, p99Us: 2_500, maxUs: 1 };
  const rest = { notPositive: 0, tooLong: 0, histogram: '' };
  const result = madeResult({
    experiment: 'reads',
    plan,
    reads: {
      ...{ requestsAtOnce: 8, requestsPerS: 900, offeredPerS: 450 },
      latency: { ...latency, ...rest },
      age: { ...latency, ...rest, p99Us: 180_000 },
      missing: { p50: 3, p99: 70, max: 90 },
      postsCachedShare: 0.75,
      requestsCachedShare: 0.5,
      queriesPerRequest: 0.25,
      bounds: { checked: 40, broken: 0 },
    },
  });
  expect(reads.rowKey(result)).toEqual(['kafka', 'kill', '10', 'a cache, 100 ms']);
  const cells = Object.fromEntries(reads.columns.map((one) => [one.head, cellOf(one, [result])]));
  expect(cells).toMatchObject({
    'requests/s': '900',
    'p99 ms': '2.50',
    'age ms p99': '180',
    'missing at most p99': '70',
    'posts from cache %': '75',
    'requests from cache %': '50',
    'queries/request': '0.25',
    'bounds broken': '0 of 40',
  });
  expect(reads.shows!(madeResult())).toBe(false);
});
