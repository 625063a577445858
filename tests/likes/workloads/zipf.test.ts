import { describe, expect, test } from 'vitest';
import { openWorkload, type PlannedLike } from '../../../likes/workloads/workload.ts';
import { newestPost } from '../../../likes/workloads/zipf.ts';
import { zipfChances } from '../../../likes/workloads/zipf-posts.ts';

const LIKES = 200_000;

describe('newest', () => {
  const options = { likes: LIKES, seed: 1 };
  const workload = openWorkload('newest', options);
  const places = new Map(workload.posts.map((post, place) => [post, place]));
  const likes = [...workload.stream()].filter((like) => !like.retry);

  test('numbers its posts by their creation, half of them before it begins', () => {
    expect(workload.posts.map((post) => Number(post.split('-')[1]))).toEqual(
      workload.posts.map((_, place) => place),
    );
    expect(workload.postsAtStart).toBe(5_000);
    expect(openWorkload('zipf', options).postsAtStart).toBe(10_000);
    expect(openWorkload('trending', options).postsAtStart).toBe(200);
  });

  test('likes no post before it is created, and the newest ones most', () => {
    const made = { likes: LIKES, posts: 10_000, seed: 1 };
    const ages = likes.map(({ seq, post }) => newestPost(seq, made) - places.get(post)!);
    // A double press may come right after another post was created.
    expect(ages.reduce((least, age) => Math.min(least, age))).toBe(0);
    expect(ages.reduce((most, age) => Math.max(most, age))).toBeLessThanOrEqual(5_000);
    const share = ages.filter((age) => age === 0).length / LIKES;
    expect(Math.abs(share - zipfChances(5_000)[0]!)).toBeLessThan(0.005);
    expect([newestPost(0, made), newestPost(LIKES - 1, made)]).toEqual([4_999, 9_998]);
  });
});

describe('authors and exponents', () => {
  const options = { likes: LIKES, seed: 1, posts: 1_000 };
  const topShareOf = (likes: readonly PlannedLike[]) => {
    const groups = [...Map.groupBy(likes, ({ post }) => post).values()];
    return Math.max(...groups.map(({ length }) => length)) / likes.length;
  };

  test('change the ids and the skew, and nothing else', () => {
    const [plain, named] = [{}, { authors: true }].map((more) =>
      openWorkload('zipf', { ...options, ...more }),
    );
    const numbers = named!.posts.map((post) => Number(post.split('-')[1]));
    expect(numbers).not.toEqual(numbers.toSorted((one, other) => one - other));
    expect(numbers.toSorted((one, other) => one - other)).toEqual(numbers.map((_, at) => at));
    const nameOf = new Map(plain!.posts.map((post, place) => [post, named!.posts[place]!]));
    const renamed = [...plain!.stream()].map((like) => ({ ...like, post: nameOf.get(like.post)! }));
    expect([...named!.stream()]).toEqual(renamed);
  });

  test.each([
    ['zipf', 0.6],
    ['zipf', 0.99],
    ['zipf', 1.2],
    ['flash', 0.99],
  ] as const)('give the top post of %s with exponent %f the share of its closed form', (...of) => {
    const [name, exponent] = of;
    const workload = openWorkload(name, { ...options, exponent });
    const likes = [...workload.stream()];
    const third = Math.floor(likes.length / 3);
    const expected = workload.topShare!;
    expect(topShareOf(likes)).toBeCloseTo(expected.whole, 2);
    // Of `flash` the middle third, else any other.
    expect(topShareOf(likes.slice(third, 2 * third))).toBeCloseTo(expected.most, 1.7);
  });

  test('have no closed form where posts take turns', () => {
    expect(openWorkload('newest', options).topShare).toBeUndefined();
    expect(openWorkload('toggles', options).topShare).toBeUndefined();
    expect(openWorkload('trending', { likes: 10, seed: 1 }).topShare).toBeUndefined();
  });
});
