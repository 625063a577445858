import { expect, test, vi } from 'vitest';
import { storeReader } from '../../gateway/post-reader.ts';
import { openServedCounts } from '../../gateway/served-counts.ts';
import { pass, useMadeTime } from './path-fixture.ts';

useMadeTime();

function openCounts(backlogOf: () => Promise<number>) {
  const countsOf = vi.fn(async (posts: readonly string[]) =>
    posts.map((post, place) => ({ post, likes: 10 - place, unlikes: 1 })),
  );
  return { countsOf, counts: openServedCounts({ store: { countsOf }, backlogOf }) };
}

test('the queue is asked before the store, and counts are as old as that question', async () => {
  const order: string[] = [];
  const { counts, countsOf } = openCounts(async () => {
    order.push('queue');
    return 7;
  });
  countsOf.mockImplementation(async (posts) => {
    order.push('store');
    return posts.map((post) => ({ post, likes: 1, unlikes: 0 }));
  });
  expect(await counts.countsOf(['p'])).toEqual([
    { post: 'p', likes: 1, unlikes: 0, ageMs: 0, missingAtMost: 7 },
  ]);
  await pass(300);
  expect(await counts.countsOf(['p'])).toMatchObject([{ ageMs: 300, missingAtMost: 7 }]);
  expect(order).toEqual(['queue', 'store', 'store']);
  await pass(200);
  expect(await counts.countsOf(['p'])).toMatchObject([{ ageMs: 0, missingAtMost: 7 }]);
});

test('a queue that is silent is asked once, and nobody knows what is missing', async () => {
  const asked = Promise.withResolvers<number>();
  const backlogOf = vi.fn(() => asked.promise);
  const { counts } = openCounts(backlogOf);
  for (let count = 0; count < 3; count++) {
    const answer = counts.countsOf(['p']);
    await pass(500);
    expect(await answer).toMatchObject([{ ageMs: 500, missingAtMost: undefined }]);
  }
  expect(backlogOf).toHaveBeenCalledTimes(1);
  asked.resolve(4);
  await pass(500);
  backlogOf.mockResolvedValue(5);
  expect(await counts.countsOf(['p'])).toMatchObject([{ ageMs: 0, missingAtMost: 5 }]);
});

test('an answer that comes late is as old as its question', async () => {
  const asked = Promise.withResolvers<number>();
  const { counts } = openCounts(() => asked.promise);
  const first = counts.countsOf(['p']);
  await pass(500);
  await first;
  const second = counts.countsOf(['p']);
  await pass(100);
  asked.resolve(4);
  expect(await second).toMatchObject([{ ageMs: 600, missingAtMost: 4 }]);
});

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
