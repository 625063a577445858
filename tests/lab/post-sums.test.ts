import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PostSums } from '../../lab/post-sums.ts';

describe('the sums of posts', () => {
  test('have no error where the shards hold what was counted', () => {
    const posts = new PostSums();
    posts.addCounted(2, false);
    posts.addCounted(2, true);
    posts.addCounted(9, false);
    posts.addStored(9, 1, 0);
    posts.addStored(2, 1, 1);
    expect(posts.errors()).toEqual({ posts: 0, likes: 0, likesMax: 0, excess: 0 });
    expect(posts.stored(2)).toEqual({ likes: 1, unlikes: 1 });
    expect(posts.stored(77)).toEqual({ likes: 0, unlikes: 0 });
  });

  test('add up a post that stands in two shards', () => {
    const posts = new PostSums();
    posts.addCounted(0, false);
    posts.addStored(0, 1, 0);
    posts.addStored(0, 1, 0);
    expect(posts.errors()).toEqual({ posts: 1, likes: 1, likesMax: 1, excess: 1 });
  });

  test('do not let likes too many and unlikes too many cancel, nor posts with each other', () => {
    const posts = new PostSums();
    posts.addStored(0, 2, 2);
    for (let like = 0; like < 3; like++) posts.addCounted(1, false);
    expect(posts.errors()).toEqual({ posts: 2, likes: 7, likesMax: 3, excess: 4 });
  });

  test('are those of a loop over all that was added', () => {
    const someCounted = fc.record({ post: fc.nat(4), isUnlike: fc.boolean() });
    const someStored = fc.record({ post: fc.nat(4), likes: fc.nat(3), unlikes: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(someCounted), fc.array(someStored), (counted, stored) => {
        const posts = new PostSums();
        for (const { post, isUnlike } of counted) posts.addCounted(post, isUnlike);
        for (const { post, likes, unlikes } of stored) posts.addStored(post, likes, unlikes);
        const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
        const errors = [0, 1, 2, 3, 4].map((post) =>
          (['likes', 'unlikes'] as const).map(
            (column) =>
              sum(stored.filter((row) => row.post === post).map((row) => row[column])) -
              counted.filter((one) => one.post === post && one.isUnlike === (column === 'unlikes'))
                .length,
          ),
        );
        expect(posts.errors()).toEqual({
          posts: errors.filter((pair) => pair.some((error) => error !== 0)).length,
          likes: sum(errors.flat().map(Math.abs)),
          likesMax: Math.max(...errors.flat().map(Math.abs)),
          excess: sum(errors.flat().filter((error) => error > 0)),
        });
      }),
    );
  });
});
