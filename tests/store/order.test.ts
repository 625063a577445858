import { expect, test } from 'vitest';
import { topOf } from '../../store/order.ts';

test('posts are ordered by likes minus unlikes, ties by the bytes of the post', () => {
  const counts = [
    { post: 'b', likes: 5, unlikes: 0 },
    { post: '\u{1f44d}', likes: 9, unlikes: 4 },
    { post: '\uff5e', likes: 5, unlikes: 0 },
    { post: 'below zero', likes: 0, unlikes: 3 },
    { post: 'most', likes: 7, unlikes: 1 },
    { post: 'a', likes: 5, unlikes: 0 },
  ];
  const posts = topOf(counts, 10).map(({ post }) => post);
  expect(posts).toEqual(['most', 'a', 'b', '\uff5e', '\u{1f44d}', 'below zero']);
  expect(topOf(counts, 2)).toHaveLength(2);
});
