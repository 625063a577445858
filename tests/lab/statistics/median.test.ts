import { expect, test } from 'vitest';
import { median } from '../../../lab/statistics/median.ts';

test('the median is the middle one, or the mean of the two in the middle', () => {
  expect(median([4])).toBe(4);
  expect(median([1, 5, 90])).toBe(5);
  expect(median([1, 5, 7, 90])).toBe(6);
});
