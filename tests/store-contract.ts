/** What every engine of the count store has to do. Each engine's test calls `testStore` once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allCounts, madeLike, madeLikes, modelCounts, rowsOf, seqsOf } from './store/made-likes.ts';
import { type StoreUnderTest, testReading } from './store-contract-reading.ts';

/** Stores that the property test makes, where the engine makes one fast. */
const PROPERTY_RUNS = 60;

/**
 * Runs the whole suite against stores that `begin` makes, a new one for each test. An engine that
 * distributes by itself is one part: none of it fails alone, and it keeps all marks.
 */
export function testStore(
  name: string,
  begin: () => Promise<StoreUnderTest>,
  propertyRuns = PROPERTY_RUNS,
  isOnePart = false,
): void {
  describe(`${name}: counting`, () => testCounting(begin, propertyRuns));
  describe(`${name}: refusals`, () => testRefusals(begin));
  if (!isOnePart) describe(`${name}: retired sources and outages`, () => testTrouble(begin));
  describe(`${name}: reading`, () => testReading(begin));
}

function testCounting(begin: () => Promise<StoreUnderTest>, propertyRuns: number): void {
  test('likes and unlikes are counted apart, per post', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply([
      madeLike('a', 0, { post: 'x', action: 'like' }),
      madeLike('a', 1, { post: 'x', action: 'like' }),
      madeLike('a', 2, { post: 'x', action: 'unlike' }),
      madeLike('a', 3, { post: 'y', action: 'unlike' }),
    ]);
    expect(await store.countOf('x')).toEqual({ post: 'x', likes: 2, unlikes: 1 });
    expect(await store.countOf('y')).toEqual({ post: 'y', likes: 0, unlikes: 1 });
    expect(await store.countOf('never seen')).toEqual({ post: 'never seen', likes: 0, unlikes: 0 });
  });

  test('a batch that is delivered again changes nothing, reopened or not', async () => {
    await using subject = await begin();
    const likes = madeLikes('a', 5_000);
    for (let opening = 0; opening < 3; opening++) {
      await using store = await subject.open();
      await store.apply(likes);
      await store.apply(likes.toReversed());
      expect(await allCounts(store)).toEqual(modelCounts(likes));
      expect((await store.totals()).marks).toBe(5_000);
    }
  });

  test('a like that stands twice in one batch counts once', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const like = madeLike('a', 7, { post: 'x', action: 'like' });
    await store.apply([like, { ...like }, like]);
    expect((await store.countOf('x')).likes).toBe(1);
  });

  test('the same seq of two sources is two likes', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const fields = { post: 'x', action: 'like' } as const;
    await store.apply([madeLike('a', 7, fields), madeLike('b', 7, fields)]);
    expect((await store.countOf('x')).likes).toBe(2);
  });

  test('the observer hears of each shard which likes are fresh and which are not', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const likes = madeLikes('a', 100);
    await store.apply(likes.slice(0, 40));
    const fresh: number[] = [];
    const seen: number[] = [];
    const shards: number[] = [];
    const marks: Promise<boolean>[] = [];
    await store.apply([...likes, likes[99]!], (commit) => {
      fresh.push(...commit.fresh);
      seen.push(...commit.seen);
      shards.push(commit.shard);
      // Heard after the commit: the store must know the likes already.
      marks.push(
        store.shards[commit.shard]!.totals().then((totals) => totals.marks >= commit.fresh.length),
      );
    });
    const places = (from: number, to: number) => likes.map((_, place) => place).slice(from, to);
    expect(fresh.sort((one, other) => one - other)).toEqual(places(40, 100));
    expect(seen.sort((one, other) => one - other)).toEqual([...places(0, 40), 100]);
    expect(shards).toEqual([...new Set(shards)]);
    expect(await Promise.all(marks)).not.toContain(false);
  });

  test('seqs beyond 32 bits keep their own marks', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const seqs = [0, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 40 + 1, 2 ** 53 - 1];
    const likes = seqs.map((seq) => madeLike('a', seq, { post: 'x', action: 'like' }));
    await store.apply(likes);
    await store.apply(likes);
    expect((await store.countOf('x')).likes).toBe(seqs.length);
    const blocks = await rowsOf(store, (shard) => shard.marks());
    expect(seqsOf(blocks)).toEqual(seqs);
  });

  test('names of any kind that UTF-8 can hold are told apart', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const posts = ['é', 'e\u0301', '日本', '👍', 'a\0b', 'a', "'; --", '__proto__', ' ', '\ufffd'];
    await store.apply(posts.map((post, seq) => madeLike('ü\0', seq, { post, action: 'like' })));
    expect((await allCounts(store)).map(({ post }) => post)).toEqual(posts.toSorted());
    for (const post of posts) {
      expect(await store.countOf(post)).toEqual({ post, likes: 1, unlikes: 0 });
      const owns = await Promise.all(store.shards.map((shard) => shard.ownership()));
      expect(owns.filter((isOwner) => isOwner(post))).toHaveLength(1);
    }
    expect(await store.findProblems()).toEqual([]);
  });

  test('an empty batch is stored', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await expect(store.apply([])).resolves.toBeUndefined();
  });

  test('any order, any batching and any repeats give the counts of the naive model', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(someLike, { maxLength: 30 }), { maxLength: 8 }),
        async (batches) => {
          await using subject = await begin();
          for (const half of [batches.slice(0, 4), batches.slice(4)]) {
            await using store = await subject.open();
            for (const batch of half) await store.apply(batch);
          }
          await using store = await subject.open();
          const model = modelCounts(batches.flat());
          expect(await allCounts(store)).toEqual(model);
          expect(await store.findProblems()).toEqual([]);
          const { posts, likes, unlikes, marks } = await store.totals();
          expect(posts).toBe(model.length);
          expect(likes + unlikes).toBe(marks);
        },
      ),
      { numRuns: propertyRuns },
    );
  });
}

function testRefusals(begin: () => Promise<StoreUnderTest>): void {
  test('names that UTF-8 cannot hold are refused, their neighbours are stored', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const batch = [
      madeLike('a', 0, { post: 'half \ud83d' }),
      madeLike('a', 1, { post: 'x', action: 'like' }),
      madeLike('half \ud83d', 2),
    ];
    await expect(store.apply(batch)).rejects.toMatchObject({
      refusals: [
        { index: 0, reason: expect.stringContaining('"post"') },
        { index: 2, reason: expect.stringContaining('"source"') },
      ],
    });
    expect(await allCounts(store)).toEqual([{ post: 'x', likes: 1, unlikes: 0 }]);
  });
}

function testTrouble(begin: () => Promise<StoreUnderTest>): void {
  test('an outage of one shard fails the batch as an outage, and a retry is exact', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const likes = madeLikes('a', 400);
    const heard: number[] = [];
    const repair = await subject.breakShard(2);
    const outage = store.apply(likes, ({ fresh }) => heard.push(...fresh));
    await expect(outage).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const { marks } = await store.totals();
    expect(marks).toBeGreaterThan(0);
    expect(marks).toBeLessThan(400);
    expect(heard).toHaveLength(marks);
    await repair[Symbol.asyncDispose]();
    await store.apply(likes, ({ fresh }) => heard.push(...fresh));
    expect(await allCounts(store)).toEqual(modelCounts(likes));
    expect(new Set(heard).size).toBe(400);
    expect(heard).toHaveLength(400);
    expect(await store.findProblems()).toEqual([]);
  });

  test('likes of a retired source are refused, their neighbours are stored', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const old = madeLikes('old', 300);
    await store.apply(old);
    expect(await store.retireSource('old')).toBe(300);
    expect(await store.retireSource('old')).toBe(0);
    const batch = [old[0]!, madeLike('new', 0), madeLike('old', 9_999), madeLike('new', 1)];
    const heard: number[] = [];
    const refused = store.apply(batch, ({ fresh, seen }) => heard.push(...fresh, ...seen));
    await expect(refused).rejects.toMatchObject({
      code: 'LIKES_REFUSED',
      refusals: [
        { index: 0, reason: expect.stringContaining('source "old" was retired') },
        { index: 2, reason: expect.stringContaining('source "old" was retired') },
      ],
    });
    expect(heard.toSorted()).toEqual([1, 3]);
    expect(await allCounts(store)).toEqual(modelCounts([...old, batch[1]!, batch[3]!]));
    expect(await store.totals()).toMatchObject({ marks: 2, marksDropped: 300 });
    expect(await store.findProblems()).toEqual([]);
  });

  test('a source can be retired before any like of it came, and stays so', async () => {
    await using subject = await begin();
    {
      await using store = await subject.open();
      await store.retireSource('ghost');
    }
    await using store = await subject.open();
    const refused = store.apply([madeLike('ghost', 0)]);
    await expect(refused).rejects.toMatchObject({ code: 'LIKES_REFUSED' });
    expect(await store.totals()).toMatchObject({ posts: 0, marks: 0 });
  });

  test('an outage outweighs refusals: nothing may be dead-lettered yet', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.retireSource('old');
    await using _ = await subject.breakShard(3);
    const batch = [madeLike('old', 0), ...madeLikes('a', 100)];
    await expect(store.apply(batch)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
}

/** Few sources, few seqs and the edges of blocks, so that repeats and neighbours are common. */
const someLike = fc
  .tuple(
    fc.constantFrom('a', 'bb', 'ccc'),
    fc.oneof(fc.nat(20), fc.constantFrom(4_095, 4_096, 2 ** 32, 2 ** 40, 2 ** 53 - 1)),
  )
  .map(([source, seq]) => madeLike(source, seq));
