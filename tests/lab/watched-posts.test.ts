import { describe, expect, test } from 'vitest';
import { chooseByWeight, watchedPosts } from '../../lab/watched-posts.ts';
import { Random } from '../../likes/workloads/random.ts';
import { openWorkload } from '../../likes/workloads/workload.ts';

describe('the watched posts', () => {
  test('are 1 % of the posts, all of them with likes, and the same for the same seed', () => {
    const workload = openWorkload('trending', { likes: 5_000, seed: 7 });
    const posts = watchedPosts(workload);
    expect(posts).toHaveLength(Math.round(workload.posts.length / 100));
    expect(new Set(posts).size).toBe(posts.length);
    const expected = workload.expectedCounts()!;
    for (const post of posts) expect(expected.get(post)!.likes).toBeGreaterThan(0);
    expect(watchedPosts(workload)).toEqual(posts);
    const other = openWorkload('trending', { likes: 5_000, seed: 8 });
    expect(watchedPosts(other)).not.toEqual(posts);
  });

  test('are taken from the stream where no rule tells the counts, at most 20 of them', () => {
    const workload = openWorkload('zipf', { likes: 3_000, seed: 7 });
    const posts = watchedPosts(workload);
    expect(posts).toHaveLength(20);
    const sent = new Set([...workload.stream()].map(({ post }) => post));
    for (const post of posts) expect(sent).toContain(post);
  });

  test('are at least a few, as far as there are any', () => {
    const workload = openWorkload('zipf', { likes: 200, seed: 7, posts: 10 });
    expect(watchedPosts(workload)).toHaveLength(3);
    const one = openWorkload('zipf', { likes: 200, seed: 7, posts: 1 });
    expect(watchedPosts(one)).toHaveLength(1);
  });
});

test('a choice by weight takes each key as often as its weight says, and none of weight 0', () => {
  const weights = new Map([
    ['heavy', 6],
    ['light', 2],
    ['lighter', 1],
    ['none', 0],
  ]);
  const random = Random.seeded(1, 2);
  const taken = new Map<string, number>();
  const draws = 9_000;
  for (let draw = 0; draw < draws; draw++) {
    const [key] = chooseByWeight(weights, 1, random);
    taken.set(key!, (taken.get(key!) ?? 0) + 1);
  }
  expect(taken.get('none')).toBeUndefined();
  // Within four standard errors of the share.
  for (const [key, weight] of weights) {
    const share = weight / 9;
    const error = Math.sqrt((share * (1 - share)) / draws);
    expect(Math.abs((taken.get(key) ?? 0) / draws - share)).toBeLessThanOrEqual(4 * error);
  }
  expect(chooseByWeight(weights, 9, random).sort()).toEqual(['heavy', 'light', 'lighter']);
});
