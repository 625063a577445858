import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CROWD_KINDS, type CrowdKind, makeCrowd } from '../../../likes/workloads/crowd.ts';
import { PAUSE_S_MEDIAN } from '../../../likes/workloads/crowd-honest.ts';
import { BEAT_STEP_US, BURST_GAP_US } from '../../../likes/workloads/crowd-scripts.ts';
import { WorkloadError } from '../../../likes/workloads/workload.ts';

const LIMIT = { likesPerS: 2, burst: 10 };
const OPTIONS = { seed: 1, likesPerS: 500, seconds: 30, limit: LIMIT };
const CROWD = makeCrowd(OPTIONS);

const timesOf = (kind: CrowdKind) => {
  const own = Map.groupBy(
    CROWD.likes.filter((like) => like.kind === kind),
    ({ user }) => user,
  );
  return [...own.values()].map((likes) => likes.map(({ dueUs }) => dueUs));
};

const gapsOf = (timesUs: readonly number[]) =>
  timesUs.slice(1).map((timeUs, place) => timeUs - timesUs[place]!);

describe('a crowd', () => {
  test('has 0.1 % of its users making 5 % of its likes, whatever its size', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 400, max: 800 }),
        fc.integer({ min: 6, max: 20 }),
        (seed, likesPerS, seconds) => {
          const { likes, users } = makeCrowd({ seed, likesPerS, seconds, limit: LIMIT });
          const heavy = likes.filter(({ kind }) => kind !== 'honest');
          expect(likes).toHaveLength(likesPerS * seconds);
          expect(heavy).toHaveLength(Math.round(likes.length * 0.05));
          expect(new Set(heavy.map(({ user }) => user)).size).toBe(users / 1_000);
          expect(new Set(likes.map(({ kind }) => kind))).toEqual(new Set(CROWD_KINDS));
          expect(likes.map(({ seq }) => seq)).toEqual(likes.map((_, place) => place));
          expect(gapsOf(likes.map(({ dueUs }) => dueUs)).every((gapUs) => gapUs >= 0)).toBe(true);
          expect(likes.every(({ dueUs }) => Number.isInteger(dueUs))).toBe(true);
          expect(likes.at(-1)!.dueUs).toBeLessThan(seconds * 1_000_000);
          expect(likes[0]!.dueUs).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 20 },
    ));

  test('is the same for the same seed alone', () => {
    expect(makeCrowd(OPTIONS)).toEqual(CROWD);
    expect(makeCrowd({ ...OPTIONS, seed: 2 }).likes).not.toEqual(CROWD.likes);
  });

  test('counts up the versions of each user and post, like and unlike in turn', () => {
    const own = Map.groupBy(CROWD.likes, ({ user, post }) => `${user} ${post}`);
    for (const likes of own.values()) {
      expect(likes.map(({ version }) => version)).toEqual(likes.map((_, place) => place + 1));
      for (const { version, action } of likes) {
        expect(action).toBe(version % 2 === 1 ? 'like' : 'unlike');
      }
    }
  });

  test('loads evenly over its whole time', () => {
    const perS = new Array<number>(30).fill(0);
    for (const { dueUs } of CROWD.likes) perS[Math.floor(dueUs / 1_000_000)]! += 1;
    // Three sprees and a burst may fall into the same second.
    expect(Math.min(...perS)).toBeGreaterThan(400);
    expect(Math.max(...perS)).toBeLessThan(600);
  });

  test('is refused when it is too small for a script of each kind', () => {
    const tooSmall = { ...OPTIONS, likesPerS: 50, seconds: 5 };
    expect(() => makeCrowd(tooSmall)).toThrow(WorkloadError);
    expect(() => makeCrowd(tooSmall)).toThrow('give a higher rate or a longer time');
  });
});

describe('a script', () => {
  test('beats at a fixed pause of 50 ms or a multiple', () => {
    for (const timesUs of timesOf('beat')) {
      const [gapUs = 0, ...others] = gapsOf(timesUs);
      expect(Math.round(gapUs / 10) % (BEAT_STEP_US / 10)).toBe(0);
      for (const other of others) expect(Math.abs(other - gapUs)).toBeLessThanOrEqual(1);
    }
  });

  test('just below the limit keeps to it, and one above does not', () => {
    const [below] = timesOf('below');
    const [above] = timesOf('above');
    for (const gapUs of gapsOf(below!)) expect(gapUs).toBeGreaterThanOrEqual(526_315);
    for (const gapUs of gapsOf(above!)) {
      expect(gapUs).toBeGreaterThanOrEqual(399_999);
      expect(gapUs).toBeLessThanOrEqual(400_001);
    }
  });

  test('in bursts sends twice what may come at once, each time when that may be again', () => {
    const [timesUs] = timesOf('bursts');
    const pauses = gapsOf(timesUs!).filter((gapUs) => gapUs > 2 * BURST_GAP_US);
    expect(timesUs).toHaveLength((pauses.length + 1) * 20);
    for (const pauseUs of pauses) {
      expect(Math.abs(pauseUs + 19 * BURST_GAP_US - 5_000_000)).toBeLessThanOrEqual(1);
    }
  });

  test('is told from heavy users who press at any moment by its pauses', () => {
    for (const timesUs of timesOf('random')) {
      const gaps = gapsOf(timesUs);
      const mean = gaps.reduce((sum, gapUs) => sum + gapUs, 0) / gaps.length;
      const spread = gaps.reduce((sum, gapUs) => sum + (gapUs - mean) ** 2, 0) / gaps.length;
      // Of exponential gaps the standard deviation is the mean.
      expect(Math.sqrt(spread) / mean).toBeGreaterThan(0.8);
      expect(Math.sqrt(spread) / mean).toBeLessThan(1.25);
    }
  });
});

describe('honest users', () => {
  const honest = timesOf('honest');

  test('press once or twice mostly, and few of them much', () => {
    const presses = honest.map(({ length }) => length).sort((one, other) => one - other);
    expect(honest).toHaveLength(7_992);
    expect(presses[Math.floor(presses.length / 2)]).toBeLessThanOrEqual(2);
    expect(presses.at(-1)).toBeGreaterThanOrEqual(15);
  });

  test('pause as long as is said', () => {
    // Of whoever presses twice, the pause wraps around the end of the load now and then.
    const gaps = honest.filter(({ length }) => length === 2).flatMap(gapsOf);
    gaps.sort((one, other) => one - other);
    const median = gaps[Math.floor(gaps.length / 2)]! / 1_000_000;
    expect(gaps.length).toBeGreaterThan(500);
    expect(median).toBeGreaterThan(PAUSE_S_MEDIAN * 0.85);
    expect(median).toBeLessThan(PAUSE_S_MEDIAN * 1.35);
  });

  test('now and then go on a spree', () => {
    const sprees = honest.filter((timesUs) => {
      const gaps = gapsOf(timesUs).sort((one, other) => one - other);
      return timesUs.length >= 10 && gaps[Math.floor(gaps.length / 2)]! < 500_000;
    });
    const likes = sprees.reduce((sum, { length }) => sum + length, 0);
    expect(likes / CROWD.honestLikes).toBeGreaterThan(0.01);
    expect(likes / CROWD.honestLikes).toBeLessThan(0.04);
  });
});
