import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { median } from '../../../lab/statistics/median.ts';
import { medianResampler } from '../../../lab/statistics/resampled-median.ts';
import { Random } from '../../../likes/workloads/random.ts';

const DRAWS = 20_000;

function shares(draw: () => number): Map<number, number> {
  const found = new Map<number, number>();
  for (let drawn = 0; drawn < DRAWS; drawn++) {
    const value = draw();
    found.set(value, (found.get(value) ?? 0) + 1 / DRAWS);
  }
  return found;
}

/** As one would do it without thinking: draw as many runs, sort them, take the middle. */
function sortedResampler(runs: readonly number[], random: Random): () => number {
  return () => {
    const drawn = runs.map(() => runs[random.nextBelow(runs.length)]!);
    return median(drawn.sort((one, other) => one - other));
  };
}

describe('the median of a resample, drawn at once', () => {
  test.each([1, 2, 6, 7, 12, 13])('comes as often as by sorting a resample of %s runs', (count) => {
    // Powers of two: the mean of any two tells which two.
    const runs = Array.from({ length: count }, (_, place) => 2 ** place).reverse();
    const atOnce = shares(medianResampler(runs, Random.seeded(3, count)));
    const sorted = shares(sortedResampler(runs, Random.seeded(4, count)));
    for (const value of new Set([...atOnce.keys(), ...sorted.keys()])) {
      const difference = Math.abs((atOnce.get(value) ?? 0) - (sorted.get(value) ?? 0));
      expect(difference, String(value)).toBeLessThan(0.015);
    }
  });

  test('is never outside of the runs, for any number of them', () => {
    const numbers = fc.array(fc.integer({ min: -1_000, max: 1_000 }), {
      minLength: 1,
      maxLength: 99,
    });
    fc.assert(
      fc.property(numbers, fc.nat(1_000), (runs, seed) => {
        const draw = medianResampler(runs, Random.seeded(seed, 1));
        for (let drawn = 0; drawn < 20; drawn++) {
          const value = draw();
          expect(value).toBeGreaterThanOrEqual(Math.min(...runs));
          expect(value).toBeLessThanOrEqual(Math.max(...runs));
        }
      }),
    );
  });
});
