import { expect, test } from 'vitest';
import { throughput } from '../../experiments/throughput.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madePlan, madeRates, madeResult } from '../lab/made-result.ts';
import { CEILING, orderOf } from './step-order.ts';

function cellOf(head: string, result: TrialResult): number | string | undefined {
  return throughput.columns.find((column) => column.head === head)!.value(result);
}

test('a quick run publishes first and counts then; a full one does both at once as well', () => {
  const modesOf = (profile: 'smoke' | 'quick' | 'full') =>
    throughput.steps(orderOf({ profile })).map(({ mode }) => mode);
  expect(modesOf('smoke')).toEqual(['publish-then-count']);
  expect(modesOf('quick')).toEqual(['publish-then-count']);
  expect(modesOf('full')).toEqual(['publish-then-count', 'sustained']);
});

test('the ceiling takes part: all other rates are held against it', () => {
  expect(throughput.steps(orderOf(CEILING))).not.toEqual([]);
});

test("trials are sized by their broker, or by the user's word", () => {
  const likesOf = (changed: Parameters<typeof orderOf>[0]) =>
    throughput.steps(orderOf(changed))[0]!.likes;
  expect(likesOf({ likesPerSRough: 1_000 })).toBe(6_000);
  expect(likesOf({ likesPerSRough: 1_000_000 })).toBe(500_000);
  expect(likesOf({ likes: 77 })).toBe(77);
});

test('a rate published beside consumers is not in the column of those published alone', () => {
  const rates = madeRates({ publishedLikesPerS: 500, countedLikesPerS: 400 });
  const alone = madeResult({ plan: madePlan('publish-then-count'), rates });
  expect(cellOf('published likes/s', alone)).toBe(500);
  expect(cellOf('published likes/s', madeResult({ rates }))).toBeUndefined();
  expect(cellOf('likes', alone)).toBe(100);
});
