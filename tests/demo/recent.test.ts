import { expect, test } from 'vitest';
import { RecentLatencies, RecentRates } from '../../demo/recent.ts';

test('rates are those of the last moments, whatever was before', () => {
  const rates = new RecentRates<'pressed'>();
  expect(rates.note(0, { pressed: 1_000_000 })).toEqual({ pressed: 0 });
  for (let atMs = 250; atMs <= 5_000; atMs += 250) rates.note(atMs, { pressed: 1_000_000 + atMs });
  expect(rates.note(5_250, { pressed: 1_005_250 }).pressed).toBeCloseTo(1_000);
  let now = { pressed: 0 };
  for (let atMs = 5_500; atMs <= 8_000; atMs += 250) now = rates.note(atMs, { pressed: 1_005_250 });
  expect(now.pressed).toBe(0);
});

test('a total that shrinks, as after a fresh start, is no negative rate', () => {
  const rates = new RecentRates<'pressed'>();
  rates.note(0, { pressed: 500 });
  expect(rates.note(1_000, { pressed: 0 })).toEqual({ pressed: 0 });
  rates.forget();
  expect(rates.note(2_000, { pressed: 9 })).toEqual({ pressed: 0 });
});

test('percentiles are of the answers of the last moments, and none where there were none', () => {
  const latencies = new RecentLatencies();
  expect(latencies.percentiles(0)).toBeUndefined();
  latencies.add(0, 9_000);
  for (let each = 1; each <= 100; each++) latencies.add(4_000, each);
  expect(latencies.percentiles(4_100)).toEqual({ p50Ms: 50, p99Ms: 99 });
  expect(latencies.percentiles(8_000)).toBeUndefined();
});
