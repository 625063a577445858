import { expect, test } from 'vitest';
import { storeReader } from '../../gateway/post-reader.ts';

test('the top posts are served like all others, the least certain speaking for all', async () => {
  const counts = {
    countsOf: async (posts: readonly string[]) =>
      posts.map((post, place) => ({
        post,
        likes: place,
        unlikes: 0,
        ageMs: place * 10,
        missingAtMost: place,
      })),
  };
  const names = ['a', 'b', 'c'].map((post) => ({ post, likes: 1, unlikes: 0 }));
  const reader = storeReader({ counts, store: { topPosts: async () => names } });
  const { posts, ageMs, missingAtMost } = await reader.topPosts(3);
  expect(posts.map(({ post }) => post)).toEqual(['c', 'b', 'a']);
  expect({ ageMs, missingAtMost }).toEqual({ ageMs: 20, missingAtMost: 2 });
  const empty = storeReader({ counts, store: { topPosts: async () => [] } });
  expect(await empty.topPosts(3)).toEqual({ posts: [], ageMs: 0, missingAtMost: null });
});

test('a queue that does not say what is left is told as null', async () => {
  const count = { post: 'p', likes: 2, unlikes: 1, ageMs: 4, missingAtMost: undefined };
  const counts = { countsOf: async () => [count] };
  const reader = storeReader({ counts, store: { topPosts: async () => [count] } });
  expect(await reader.countOf('p')).toEqual({ ...count, missingAtMost: null });
  expect(await reader.topPosts(1)).toEqual({ posts: [count], ageMs: 4, missingAtMost: null });
});
