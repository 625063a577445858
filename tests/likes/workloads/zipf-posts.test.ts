import { describe, expect, test } from 'vitest';
import { Random } from '../../../likes/workloads/random.ts';
import { postNames, ZipfPosts, zipfChances } from '../../../likes/workloads/zipf-posts.ts';

describe('zipf posts', () => {
  test('have names of five digits', () => {
    expect(postNames(10_000).at(-1)).toBe('p09999');
  });

  test('have chances that fall with the rank and add up to 1', () => {
    const chances = zipfChances(10_000);
    expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 12);
    expect(chances[0]! / chances[99]!).toBeCloseTo(100 ** 0.99, 9);
  });

  test.each([1, 2, 7, 100])('are drawn as often as their chances say, out of %i', (posts) => {
    const draws = 200_000;
    const zipf = new ZipfPosts(posts, Random.seeded(3, 1));
    const counts = new Array(posts).fill(0);
    for (let draw = 0; draw < draws; draw++) counts[zipf.draw()] += 1;
    for (const [rank, chance] of zipfChances(posts).entries()) {
      const deviation = Math.sqrt(draws * chance * (1 - chance));
      expect(Math.abs(counts[rank] - draws * chance)).toBeLessThanOrEqual(5 * deviation + 1e-6);
    }
  });
});
