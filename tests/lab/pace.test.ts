import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evenPace, poissonPace } from '../../lab/pace.ts';

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

describe('a Poisson pace', () => {
  const some = fc.record({
    startUs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    likesPerS: fc.double({ min: 1, max: 100_000, noNaN: true }),
    seed: fc.nat(),
  });

  test('is due later and later, from its start on, and counts what is due by place', () => {
    fc.assert(
      fc.property(some, fc.nat(2_000), ({ startUs, likesPerS, seed }, place) => {
        const pace = poissonPace(startUs, likesPerS, seed);
        const dueUs = pace.dueUs(place);
        expect(dueUs).toBeGreaterThanOrEqual(startUs);
        expect(pace.dueUs(place + 1)).toBeGreaterThanOrEqual(dueUs);
        expect(pace.dueCount(dueUs)).toBeGreaterThanOrEqual(place + 1);
        expect(pace.dueCount(startUs - 1)).toBe(0);
      }),
    );
  });

  test('gives the same times for the same seed, in whatever order it is asked', () => {
    const order = fc.array(fc.nat(500), { maxLength: 40 });
    fc.assert(
      fc.property(some, order, ({ startUs, likesPerS, seed }, places) => {
        const asked = poissonPace(startUs, likesPerS, seed);
        for (const place of places) {
          const fresh = poissonPace(startUs, likesPerS, seed);
          expect(asked.dueUs(place)).toBe(fresh.dueUs(place));
          const us = startUs + (place * 1e6) / likesPerS;
          expect(asked.dueCount(us)).toBe(fresh.dueCount(us));
        }
      }),
    );
  });

  test('has the rate in the long run, and gaps that are as often short as exponential ones', () => {
    const [likes, likesPerS] = [200_000, 1_000];
    const pace = poissonPace(0, likesPerS, 5);
    let lastUs = 0;
    let belowMean = 0;
    let squares = 0;
    for (let place = 0; place < likes; place++) {
      const gap = (pace.dueUs(place) - lastUs) / 1_000;
      lastUs = pace.dueUs(place);
      if (gap < 1) belowMean++;
      squares += (gap - 1) ** 2;
    }
    expect(lastUs / 1e6).toBeCloseTo(likes / likesPerS, -1);
    expect(Math.abs(lastUs / 1e6 / (likes / likesPerS) - 1)).toBeLessThan(0.01);
    expect(belowMean / likes).toBeCloseTo(1 - 1 / Math.E, 2);
    expect(squares / likes).toBeCloseTo(1, 1);
  });

  test('never waits: who asks late is told of all that has come due, at no cost in memory', () => {
    const pace = poissonPace(0, 5_000, 1);
    const heapBefore = process.memoryUsage().heapUsed;
    const due = pace.dueCount(600 * 1_000_000);
    expect(Math.abs(due / 3_000_000 - 1)).toBeLessThan(0.01);
    expect(pace.dueUs(due - 1)).toBeLessThanOrEqual(600 * 1_000_000);
    expect(pace.dueUs(due)).toBeGreaterThan(600 * 1_000_000);
    // Three million times of eight bytes would be 24 MB.
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(16 * 1024 ** 2);
  });
});
