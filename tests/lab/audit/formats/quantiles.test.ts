import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWhole, samplesIn } from '../../../../lab/audit/formats/quantiles.ts';

test('the number of samples is read from the quantiles alone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 4, maxLength: 40 }),
      fc.integer({ min: 1, max: 50_000_000 }),
      (counts, rest) => {
        // Somewhere one sample stands alone, as the slowest does.
        const buckets = [...counts, rest, ...counts, 1];
        const samples = buckets.reduce((sum, count) => sum + count, 0);
        let upTo = 0;
        const quantiles = buckets.map((count, ms) => {
          upTo += count;
          return [(100 * upTo) / samples, ms];
        });
        expect(samplesIn(Object.fromEntries(quantiles))).toBe(samples);
      },
    ),
  );
});

test('quantiles that were rounded do not tell it', () => {
  expect(samplesIn({ 10.5: 1, 50.25: 2, 75.1: 3, 90: 4, 99.99: 5, 100: 6 })).toBeUndefined();
  expect(samplesIn({ 33.3333333: 1, 66.6666667: 2, 100: 4 })).toBeUndefined();
  expect(samplesIn({ 100: 4 })).toBeUndefined();
});

test('values that are whole but for their buckets are whole', () => {
  expect(isWhole([1, 4, 20, 66, 1_553.007, 4_860.031])).toBe(true);
  expect(isWhole([1, 4, 20, 66, 1_553.5])).toBe(false);
  expect(isWhole([2.146, 3.004, 4.35, 17.4, 65.8])).toBe(false);
  expect(isWhole([1, 2])).toBe(false);
});
