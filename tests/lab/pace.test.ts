import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evenPace } from '../../lab/pace.ts';

describe('an even pace', () => {
  test('of 1,000 likes a second has one due every ms from its start on', () => {
    const pace = evenPace(5_000, 1_000);
    expect([0, 1, 2, 1_000].map((place) => pace.dueUs(place))).toEqual([
      5_000, 6_000, 7_000, 1_005_000,
    ]);
    expect([4_999, 5_000, 5_999, 6_000, 1_005_000].map((us) => pace.dueCount(us))).toEqual([
      0, 1, 1, 2, 1_001,
    ]);
  });

  test('has a place due between its time and that of the next, however odd the rate', () => {
    const some = fc.record({
      startUs: fc.double({ min: 0, max: 1e12, noNaN: true }),
      likesPerS: fc.double({ min: 0.01, max: 100_000, noNaN: true }),
      place: fc.nat(10_000_000),
    });
    fc.assert(
      fc.property(some, ({ startUs, likesPerS, place }) => {
        const pace = evenPace(startUs, likesPerS);
        const halfUs = 500_000 / likesPerS;
        expect(pace.dueCount(pace.dueUs(place) + halfUs)).toBe(place + 1);
        expect(pace.dueCount(pace.dueUs(place) - halfUs)).toBe(place);
      }),
    );
  });

  test('never waits: who asks late is told of all that has come due meanwhile', () => {
    const pace = evenPace(0, 2_000);
    expect(pace.dueCount(10 * 1_000_000)).toBe(20_001);
  });
});
