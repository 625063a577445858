import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkLittle, type LittleInput } from '../../../lab/write-path/little.ts';

/** 1,000 likes in 10 s, each 20 ms in the hop: two in it on average. */
function steady(changed: Partial<LittleInput> = {}): LittleInput {
  return {
    inHop: 2,
    likes: 1_000,
    windowS: 10,
    staysUs: new Array(1_000).fill(20_000),
    traced: 1_000,
    totals: { into: 1_200, outOf: 1_200, accepted: 1_200 },
    ...changed,
  };
}

describe("Little's law", () => {
  test('holds where counts and spans tell of the same likes', () => {
    const { likesPerS, meanUs, product, problems } = checkLittle(steady());
    expect({ likesPerS, meanUs, product }).toEqual({ likesPerS: 100, meanUs: 20_000, product: 2 });
    expect(problems).toEqual([]);
  });

  test('fails by the sentence that says how, for each planted fault', () => {
    const problemsOf = (changed: Partial<LittleInput>) => checkLittle(steady(changed)).problems;
    expect(problemsOf({ inHop: 2.2 })[0]).toContain('2.200 likes were in it by counts, 2.000 by');
    expect(problemsOf({ inHop: 1.8 })).toHaveLength(1);
    // Counted twice on its way in, and so for ever in it.
    expect(problemsOf({ inHop: 600, likes: 2_000 }).length).toBeGreaterThan(0);
    expect(problemsOf({ totals: { into: 2_400, outOf: 2_400, accepted: 1_200 } })).toEqual([
      '2400 likes were counted into it and 2400 out of it, of 1200 accepted',
    ]);
    expect(problemsOf({ staysUs: new Array(990).fill(20_000) })).toEqual([
      '990 traced likes passed it, and 1000 should have',
    ]);
    // Those that were slow have no spans: as many as should be, and too fast.
    expect(problemsOf({ staysUs: new Array(1_000).fill(12_000) })).toHaveLength(1);
    expect(problemsOf({ staysUs: [], traced: 0, likes: 0 })[0]).toContain('no like came into it');
  });

  test('is not told by too few traced likes, and says so', () => {
    const staysUs = Array.from({ length: 20 }, (_, place) => (place === 0 ? 210_000 : 10_000));
    const { problems } = checkLittle(steady({ staysUs, traced: 20 }));
    expect(problems).toEqual([
      expect.stringContaining('20 traced likes tell its mean time no better'),
    ]);
  });

  test('allows no more than its bound, wherever that lies', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), (inHop) => {
        const { bound, product, problems } = checkLittle(steady({ inHop }));
        expect(problems.length === 0).toBe(Math.abs(inHop - product) <= bound);
        expect(bound).toBeGreaterThanOrEqual(0.05 * Math.max(inHop, product));
      }),
    );
  });
});
