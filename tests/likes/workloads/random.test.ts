import { describe, expect, test } from 'vitest';
import { mix32, Random } from '../../../likes/workloads/random.ts';

function take(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.nextInt32() >>> 0);
}

describe('random numbers', () => {
  test('are those of the published generator', () => {
    // State 1, 2, 3, 4 in Blackman and Vigna's xoshiro128starstar.c, version 1.1.
    expect(take(new Random(1, 2, 3, 4), 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });

  test('of a seed never change', () => {
    expect(take(Random.seeded(1, 1), 4)).toEqual(SEED_1_SEQUENCE_1);
    expect(take(Random.seeded(0, 0), 4)).toEqual(SEED_0_SEQUENCE_0);
  });

  test('differ by seed and by sequence', () => {
    const starts = [0, 1, 2, 3].flatMap((seed) =>
      [0, 1, 2, 3].map((sequence) => take(Random.seeded(seed, sequence), 2).join()),
    );
    expect(new Set(starts).size).toBe(16);
  });

  test('below a limit are spread evenly', () => {
    const random = Random.seeded(5, 1);
    const counts = new Array(10).fill(0);
    for (let draw = 0; draw < 100_000; draw++) counts[random.nextBelow(10)] += 1;
    // Five standard deviations of a binomial count with n = 100,000 and p = 0.1 are 474.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(474);
  });
});

test('mixing maps different numbers to different numbers', () => {
  const mixed = Array.from({ length: 100_000 }, (_, value) => mix32(value));
  expect(new Set(mixed).size).toBe(100_000);
});

const SEED_1_SEQUENCE_1 = [4012932420, 1620461285, 3505374349, 1902651458];
const SEED_0_SEQUENCE_0 = [3421527613, 4222085574, 498198555, 4056930953];
