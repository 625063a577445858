import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apportion } from '../../../likes/workloads/apportion.ts';

const amounts = fc
  .array(fc.nat({ max: 2_000_000 }), { minLength: 1, maxLength: 50 })
  .filter((list) => list.some((amount) => amount > 0));
const total = fc.nat({ max: 1_000_000_000 });
const sumOf = (list: readonly number[]) => list.reduce((sum, amount) => sum + amount, 0);

describe('sharing out by largest remainder', () => {
  test('gives the textbook example', () => {
    // Quotas 4.7, 1.6, 1.58, 1.2, 0.61, 0.31: the two seats left go to .7 and .61.
    expect(apportion([47_000, 16_000, 15_800, 12_000, 6_100, 3_100], 10)).toEqual([
      5, 2, 1, 1, 1, 0,
    ]);
  });

  test('gives what is left to the earlier one when two lost the same', () => {
    expect(apportion([1, 1, 1], 2)).toEqual([1, 1, 0]);
  });

  test('adds up to the total, each share less than 1 from its quota', () => {
    fc.assert(
      fc.property(amounts, total, (list, wanted) => {
        const shares = apportion(list, wanted);
        expect(sumOf(shares)).toBe(wanted);
        const sum = BigInt(sumOf(list));
        for (const [place, share] of shares.entries()) {
          const quotaTimesSum = BigInt(list[place]!) * BigInt(wanted);
          const distance = BigInt(share) * sum - quotaTimesSum;
          expect(distance > -sum && distance < sum).toBe(true);
        }
      }),
    );
  });

  test('rounds up only where most was lost', () => {
    fc.assert(
      fc.property(amounts, total, (list, wanted) => {
        const sum = BigInt(sumOf(list));
        const parts = apportion(list, wanted).map((share, place) => {
          const product = BigInt(list[place]!) * BigInt(wanted);
          return { up: BigInt(share) > product / sum, lost: product % sum };
        });
        const leastUp = parts.filter(({ up }) => up).map(({ lost }) => lost);
        const mostDown = parts.filter(({ up }) => !up).map(({ lost }) => lost);
        for (const up of leastUp) for (const down of mostDown) expect(up >= down).toBe(true);
      }),
    );
  });

  test('of the sum itself gives every amount back', () => {
    fc.assert(
      fc.property(amounts, (list) => {
        expect(apportion(list, sumOf(list))).toEqual(list);
      }),
    );
  });
});
