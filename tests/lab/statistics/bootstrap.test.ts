import { describe, expect, test } from 'vitest';
import { medianInterval, RUNS_LEAST, ratioOfMedians } from '../../../lab/statistics/bootstrap.ts';
import { Random } from '../../../likes/workloads/random.ts';
import { drawnRuns } from './drawn-runs.ts';

describe('the interval of a median', () => {
  test('is not claimed below six runs', () => {
    expect(medianInterval([1, 2, 3, 4, 5])).toBeUndefined();
    expect(medianInterval([1, 2, 3, 4, 5, 6])).toBeDefined();
  });

  test('is the same for the same runs, whatever their order', () => {
    const runs = [104, 98, 101, 97, 103, 99, 100];
    expect(medianInterval(runs)).toEqual(medianInterval(runs));
    const { low, high } = medianInterval(runs)!;
    expect(low).toBeGreaterThanOrEqual(97);
    expect(high).toBeLessThanOrEqual(104);
    expect(low).toBeLessThan(100);
    expect(high).toBeGreaterThan(100);
  });

  test.each([6, 10])('holds the true median in 93 % of cases at least, with %s runs', (runs) => {
    const random = Random.seeded(11, runs);
    const cases = 400;
    const held = Array.from({ length: cases }, () => {
      const { low, high } = medianInterval(drawnRuns(random, runs, 100, 8))!;
      return low <= 100 && high >= 100;
    }).filter(Boolean).length;
    expect(held / cases).toBeGreaterThanOrEqual(0.93);
  });
});

describe('the ratio of two medians', () => {
  test('is no claim when one side has fewer than six runs, or a number that is not above 0', () => {
    const six = [1, 2, 3, 4, 5, 6];
    expect(ratioOfMedians(six, six.slice(1))).toBeUndefined();
    expect(ratioOfMedians(six, [0, ...six.slice(1)])).toBeUndefined();
    expect(RUNS_LEAST).toBe(6);
  });

  test('is a tie when its interval holds 1, and none when the two never meet', () => {
    const one = [100, 103, 98, 101, 99, 102];
    expect(ratioOfMedians(one, [101, 99, 104, 100, 98, 103])).toMatchObject({ isTie: true });
    const other = ratioOfMedians(one, [200, 206, 196, 202, 198, 204])!;
    expect(other.ratio).toBeCloseTo(0.5, 2);
    expect(other.isTie).toBe(false);
    expect(other.interval.high).toBeLessThan(0.6);
  });

  test('calls two samples of the same thing different in 7 % of cases at most', () => {
    const random = Random.seeded(12, 6);
    const cases = 400;
    const different = Array.from({ length: cases }, () =>
      ratioOfMedians(drawnRuns(random, 6, 100, 8), drawnRuns(random, 6, 100, 8))!.isTie ? 0 : 1,
    ).reduce<number>((sum, one) => sum + one, 0);
    expect(different / cases).toBeLessThanOrEqual(0.07);
  });

  test('has a wider interval where more confidence is asked for', () => {
    const [one, other] = [
      drawnRuns(Random.seeded(13, 1), 9, 100, 8),
      drawnRuns(Random.seeded(13, 2), 9, 100, 8),
    ];
    const usual = ratioOfMedians(one, other)!.interval;
    const strict = ratioOfMedians(one, other, { confidence: 0.99 })!.interval;
    expect(strict.low).toBeLessThan(usual.low);
    expect(strict.high).toBeGreaterThan(usual.high);
  });

  test('has nearly the same interval from fewer resamples', () => {
    const [one, other] = [
      drawnRuns(Random.seeded(14, 1), 6, 100, 8),
      drawnRuns(Random.seeded(14, 2), 6, 100, 8),
    ];
    const usual = ratioOfMedians(one, other)!.interval;
    const coarse = ratioOfMedians(one, other, { resamples: 400 })!.interval;
    expect(Math.abs(coarse.low - usual.low)).toBeLessThan(0.04);
    expect(Math.abs(coarse.high - usual.high)).toBeLessThan(0.04);
  });
});
