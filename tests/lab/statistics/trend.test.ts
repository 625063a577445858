import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trendOf } from '../../../lab/statistics/trend.ts';

describe('the trend of a series', () => {
  test('is that of worked examples', () => {
    // 1 3 2 4: five pairs rise, one falls; 4 of 24 orders have at most one falling pair.
    const found = trendOf([1, 3, 2, 4])!;
    expect(found.pairs).toBe(4);
    expect(found.probability).toBeCloseTo((2 * 4) / 24, 12);
    // Slopes of pairs: 2, 0.5, 1, -1, 0.5, 2.
    expect(found.slope).toBe(0.75);
    // Gilbert's table of 1987 has 0.0011 for one side, 10 values and S = 33.
    const ten = trendOf([2, 3, 1, 4, 7, 6, 5, 8, 10, 9])!;
    expect(ten.pairs).toBe(33);
    expect(ten.probability / 2).toBeCloseTo(0.0011, 4);
    expect(trendOf([1, 1, 1])).toEqual({ pairs: 0, probability: 1, slope: 0 });
    expect(trendOf([1])).toBeUndefined();
  });

  test('has the exact chances: of all orders of six values, as many as are counted', () => {
    const orders = permutations([1, 2, 3, 4, 5, 6]);
    const all = orders.map((order) => Math.abs(trendOf(order)!.pairs));
    for (const order of orders.slice(0, 60)) {
      const { pairs, probability } = trendOf(order)!;
      const counted = all.filter((other) => other >= Math.abs(pairs)).length / all.length;
      expect(probability).toBeCloseTo(counted, 12);
    }
  });

  test('is turned around with the series, and keeps its chance when values are stretched', () => {
    const series = fc.array(fc.integer({ min: -1_000, max: 1_000 }), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 9 }), (values, factor) => {
        const found = trendOf(values)!;
        const turned = trendOf(values.toReversed())!;
        expect(turned.pairs).toBe(0 - found.pairs);
        expect(turned.slope).toBeCloseTo(-found.slope, 9);
        const stretched = trendOf(values.map((value) => value * factor + 7))!;
        expect(stretched.probability).toBe(found.probability);
        expect(stretched.slope).toBeCloseTo(found.slope * factor, 9);
        expect(found.probability).toBeGreaterThan(0);
        expect(found.probability).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('stays a chance for a series of a thousand values', () => {
    const rising = trendOf(Array.from({ length: 1_000 }, (_, at) => at))!;
    expect(rising.slope).toBe(1);
    expect(rising.probability).toBeGreaterThanOrEqual(0);
    expect(rising.probability).toBeLessThan(1e-9);
  });
});

function permutations(values: readonly number[]): number[][] {
  if (values.length < 2) return [[...values]];
  return values.flatMap((value, at) =>
    permutations(values.toSpliced(at, 1)).map((rest) => [value, ...rest]),
  );
}
