import { expect, test } from 'vitest';
import { percentile } from '../../../lab/statistics/percentile.ts';

test('a percentile is the smallest value that so many percent do not exceed', () => {
  const values = Array.from({ length: 200 }, (_, place) => place + 1);
  expect([50, 99, 100].map((percent) => percentile(values, percent))).toEqual([100, 198, 200]);
  expect(percentile([7], 50)).toBe(7);
  expect(percentile([], 50)).toBeUndefined();
});
