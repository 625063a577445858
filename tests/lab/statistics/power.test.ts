import { describe, expect, test } from 'vitest';
import { ratioOfMedians } from '../../../lab/statistics/bootstrap.ts';
import { POWER, smallestDetected } from '../../../lab/statistics/power.ts';
import { Random } from '../../../likes/workloads/random.ts';
import { drawnRuns } from './drawn-runs.ts';

const CASES = 300;

/** How often new runs of two subjects, one of them larger by a factor, are called different. */
function shareDetected(factor: number, runs: number, deviation: number): number {
  const random = Random.seeded(21, runs);
  const detected = Array.from({ length: CASES }, () => {
    const one = drawnRuns(random, runs, 100, deviation);
    const other = drawnRuns(random, runs, 100, deviation).map((run) => run * factor);
    return ratioOfMedians(one, other, { resamples: 1_000 })!.isTie ? 0 : 1;
  }).reduce<number>((sum, one) => sum + one, 0);
  return detected / CASES;
}

describe('the smallest difference that runs detect', () => {
  test.each([
    [6, 4],
    [12, 8],
  ])(
    'is the one that new runs do detect in 80 %% of cases, %s runs of deviation %s',
    (runs, deviation) => {
      // From many runs of the same kind the answer is close to that of their distribution.
      const many = drawnRuns(Random.seeded(22, runs), 300, 100, deviation);
      const factor = smallestDetected(many, runs)!;
      expect(factor).toBeGreaterThan(1);
      expect(Math.abs(shareDetected(factor, runs, deviation) - POWER)).toBeLessThan(0.12);
      expect(shareDetected(1 + (factor - 1) / 2, runs, deviation)).toBeLessThan(POWER - 0.12);
    },
  );

  test('is about right from six runs alone, in the middle of many samples', () => {
    const random = Random.seeded(23, 6);
    const found = Array.from({ length: 31 }, () => {
      return smallestDetected(drawnRuns(random, 6, 100, 4))! - 1;
    }).sort((one, other) => one - other);
    const truth = smallestDetected(drawnRuns(Random.seeded(24, 6), 400, 100, 4), 6)! - 1;
    expect(found[15]! / truth).toBeGreaterThan(0.7);
    expect(found[15]! / truth).toBeLessThan(1.4);
  });

  test('grows with the spread of the runs, and does not depend on their unit', () => {
    const calm = drawnRuns(Random.seeded(25, 1), 8, 100, 1);
    const wild = calm.map((run) => 100 + (run - 100) * 5);
    expect(smallestDetected(wild)! - 1).toBeGreaterThan(3 * (smallestDetected(calm)! - 1));
    expect(smallestDetected(calm.map((run) => run * 1_024))).toBeCloseTo(
      smallestDetected(calm)!,
      9,
    );
    expect(smallestDetected(calm)).toBe(smallestDetected(calm));
  });

  test('is not told below six runs, nor of runs that are not above 0', () => {
    expect(smallestDetected([1, 2, 3, 4, 5])).toBeUndefined();
    expect(smallestDetected([1, 2, 3, 4, 5, 6], 5)).toBeUndefined();
    expect(smallestDetected([0, 2, 3, 4, 5, 6])).toBeUndefined();
  });
});
