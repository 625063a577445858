import { expect, test } from 'vitest';
import { median } from '../../../lab/statistics/median.ts';

test('the median is the middle one, or the mean of the two in the middle', () => {
  expect(median([4])).toBe(4);
  expect(median([1, 5, 90])).toBe(5);
  expect(median([1, 5, 7, 90])).toBe(6);
});

test('numbers may come in any order, and stay in it', () => {
  const values = [90, 7, 100, 1, 5];
  expect(median(values)).toBe(7);
  expect(values).toEqual([90, 7, 100, 1, 5]);
});
