/** What every engine has to do when it is read, and what a store under test is. */
import { expect, test } from 'vitest';
import type { Like } from '../likes/like.ts';
import type { CountStore } from '../store/count-store.ts';
import { madeLike, madeLikes, modelCounts, rowsOf, seqsOf } from './store/made-likes.ts';

/** One fresh store of four shards, which may be opened again and again. */
export interface StoreUnderTest extends AsyncDisposable {
  /** A store that needs places is given them here; a batch that failed comes again with its own. */
  open(): Promise<CountStore>;
  /** Makes transactions of one shard fail with an outage until it is disposed. */
  breakShard(index: number): Promise<AsyncDisposable>;
}

const FOUR_POSTS = ['post-0', 'post-1', 'post-2', 'post-3', 'post-4', 'post-5', 'post-6', 'post-7'];

export function testReading(begin: () => Promise<StoreUnderTest>): void {
  test('the top posts go by count over all shards, ties by the bytes of the post', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const presses: [string, Like['action']][] = [
      ...FOUR_POSTS.map((post): [string, Like['action']] => [post, 'like']),
      ['post-5', 'like'],
      ['\u{1f44d}', 'like'],
      ['\uff5e', 'like'],
      ['post-1', 'unlike'],
      ['post-1', 'unlike'],
    ];
    await store.apply(presses.map(([post, action], seq) => madeLike('a', seq, { post, action })));
    const top = (await store.topPosts(20)).map(({ post }) => post);
    const tied = FOUR_POSTS.filter((post) => post !== 'post-5' && post !== 'post-1');
    expect(top).toEqual(['post-5', ...tied, '\uff5e', '\u{1f44d}', 'post-1']);
    expect((await store.topPosts(3)).map(({ post }) => post)).toEqual(top.slice(0, 3));
    expect(await store.topPosts(1)).toEqual([{ post: 'post-5', likes: 2, unlikes: 0 }]);
    expect(await store.topPosts(0)).toEqual([]);
  });

  test('many posts are read in the order asked, zeros for those never counted', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply(madeLikes('a', 500));
    const model = new Map(modelCounts(madeLikes('a', 500)).map((count) => [count.post, count]));
    const posts = [
      'post-9',
      'nobody',
      'post-3',
      ...Array.from({ length: 37 }, (_, n) => `post-${n}`),
    ];
    const wanted = posts.map((post) => model.get(post) ?? { post, likes: 0, unlikes: 0 });
    expect(await store.countsOf(posts)).toEqual(wanted);
    expect(await store.countsOf([])).toEqual([]);
  });

  test('marks and counts can be read while the store is written', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply(madeLikes('a', 10_000));
    let posts = 0;
    for (const shard of store.shards) {
      for await (const _ of shard.counts()) {
        posts++;
        await store.apply([madeLike('b', posts)]);
      }
    }
    expect(posts).toBe(37);
    expect((await store.totals()).marks).toBe(10_037);
    const blocks = await rowsOf(store, (shard) => shard.marks());
    expect(seqsOf(blocks.filter(({ source }) => source === 'a'))).toHaveLength(10_000);
    expect(blocks.every(({ bits }) => bits instanceof Uint8Array && bits.length === 512)).toBe(
      true,
    );
  });

  test('the settings name the number of shards and the engine', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const shards = String(store.shards.length);
    expect(await store.settings()).toMatchObject({ shards, engine: expect.any(String) });
  });
}
