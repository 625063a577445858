/**
 * What every engine has to do under the rule *states*. Each engine's test calls `testStatesStore`
 * once; `begin` makes a new store of four shards under that rule for each test. An engine that is
 * one part and writes without reading tells all likes as fresh, and of two actions with one
 * version it keeps the like, whichever came first.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Like } from '../likes/like.ts';
import { rowsOf } from './store/made-likes.ts';
import { allOf, allStates, madePresses, modelOf, press } from './store/made-presses.ts';
import type { StoreUnderTest } from './store-contract-reading.ts';

/** Each makes a store and opens it three times. */
const PROPERTY_RUNS = 30;

export function testStatesStore(
  name: string,
  begin: () => Promise<StoreUnderTest>,
  propertyRuns = PROPERTY_RUNS,
  writesBlind = false,
): void {
  const last = () => testLastActions(begin, propertyRuns, writesBlind);
  describe(`${name} under states: last actions`, last);
  describe(`${name} under states: batches`, () => testBatches(begin));
  if (!writesBlind) describe(`${name} under states: transactions`, () => testCommits(begin));
  describe(`${name} under states: reading`, () => testReadingStates(begin));
}

function testLastActions(
  begin: () => Promise<StoreUnderTest>,
  propertyRuns: number,
  writesBlind: boolean,
): void {
  test('a double press counts once, with a version of its own or not', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply([press('ann', 'x', 1), press('ann', 'x', 2)]);
    await store.apply([press('ann', 'x', 2), press('bob', 'x', 1)]);
    expect(await store.countOf('x')).toEqual({ post: 'x', likes: 2, unlikes: 0 });
  });

  test.each([
    ['one batch', [[press('ann', 'x', 2, 'unlike'), press('ann', 'x', 1)]]],
    ['two', [[press('ann', 'x', 2, 'unlike')], [press('ann', 'x', 1)]]],
  ])('an unlike that arrives before its like still ends right, in %s', async (_, batches) => {
    await using subject = await begin();
    await using store = await subject.open();
    for (const batch of batches) await store.apply(batch);
    expect(await store.countOf('x')).toEqual({ post: 'x', likes: 0, unlikes: 0 });
    expect(await store.isLikedBy('ann', 'x')).toBe(false);
    expect(await store.findProblems()).toEqual([]);
  });

  test('of two actions with one version the first to come stays', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply([press('ann', 'x', 3), press('ann', 'x', 3, 'unlike')]);
    await store.apply([press('ann', 'x', 3, 'unlike')]);
    expect(await allStates(store)).toEqual([
      { post: 'x', user: 'ann', version: 3, action: 'like' },
    ]);
  });

  test('versions beyond 32 bits are told apart', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    for (const version of [2 ** 31, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1]) {
      await store.apply([press('ann', 'x', version, 'unlike')]);
      await store.apply([press('ann', 'x', version - 1)]);
      expect(await allStates(store)).toEqual([
        { post: 'x', user: 'ann', version, action: 'unlike' },
      ]);
    }
  });

  test('any order, any batching and any repeats give what the naive model has', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(somePress, { maxLength: 25 }), { maxLength: 8 }),
        async (batches) => {
          await using subject = await begin();
          for (const half of [batches.slice(0, 4), batches.slice(4)]) {
            await using store = await subject.open();
            for (const batch of half) await store.apply(batch);
          }
          await using store = await subject.open();
          const all = batches.flat();
          const model = modelOf(writesBlind ? likesFirst(all) : all);
          expect(await allOf(store)).toEqual(model);
          expect(await store.findProblems()).toEqual([]);
          expect(await store.totals()).toMatchObject({
            posts: model.counts.length,
            states: model.states.length,
            likes: model.states.filter(({ action }) => action === 'like').length,
            unlikes: 0,
            marks: 0,
          });
        },
      ),
      { numRuns: propertyRuns },
    );
  });
}

function testCommits(begin: () => Promise<StoreUnderTest>): void {
  test('the observer hears which came into force and which were known or overtaken', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply([press('ann', 'x', 3)]);
    const heard: { fresh: number[]; seen: number[] } = { fresh: [], seen: [] };
    const batch = [
      press('ann', 'x', 2, 'unlike'),
      press('ann', 'x', 3),
      press('ann', 'x', 4, 'unlike'),
      press('bob', 'x', 1),
      press('bob', 'x', 2, 'unlike'),
      press('bob', 'x', 1),
    ];
    await store.apply(batch, ({ fresh, seen }) => {
      heard.fresh.push(...fresh);
      heard.seen.push(...seen);
    });
    expect(heard).toEqual({ fresh: [2, 3, 4], seen: [0, 1, 5] });
  });

  test('an outage of one shard fails the batch as an outage, and a retry is exact', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const likes = madePresses(30, 4, 3);
    const model = modelOf(likes);
    const heard: number[] = [];
    const repair = await subject.breakShard(2);
    const outage = store.apply(likes, ({ fresh }) => heard.push(...fresh));
    await expect(outage).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const kept = await allStates(store);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(model.states.length);
    await repair[Symbol.asyncDispose]();
    await store.apply(likes, ({ fresh }) => heard.push(...fresh));
    expect(await allOf(store)).toEqual(model);
    // Each came into force in one commit and in no second one.
    expect(heard.toSorted((one, other) => one - other)).toEqual(likes.map((_, place) => place));
    expect(await store.findProblems()).toEqual([]);
  });
}

function testBatches(begin: () => Promise<StoreUnderTest>): void {
  test('a batch that comes again, or backwards, changes nothing, reopened or not', async () => {
    await using subject = await begin();
    const likes = madePresses(20, 15, 4);
    const model = modelOf(likes);
    for (let opening = 0; opening < 3; opening++) {
      await using store = await subject.open();
      await store.apply(likes);
      await store.apply(likes.toReversed());
      expect(await allOf(store)).toEqual(model);
    }
  });

  test('names that UTF-8 cannot hold are refused, users too, others are stored', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const batch = [
      press('ann', 'half \ud83d', 1),
      press('half \ud83d', 'x', 1),
      press('ann', 'x', 1),
    ];
    await expect(store.apply(batch)).rejects.toMatchObject({
      code: 'LIKES_REFUSED',
      refusals: [
        { index: 0, reason: expect.stringContaining('"post"') },
        { index: 1, reason: expect.stringContaining('"user"') },
      ],
    });
    expect(await allStates(store)).toEqual([
      { post: 'x', user: 'ann', version: 1, action: 'like' },
    ]);
  });

  test('a source has nothing to retire, and its likes are taken afterwards', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply([press('ann', 'x', 1)]);
    expect(await store.retireSource('a')).toBe(0);
    await store.apply([press('ann', 'x', 2, 'unlike')]);
    expect(await store.isLikedBy('ann', 'x')).toBe(false);
  });
}

function testReadingStates(begin: () => Promise<StoreUnderTest>): void {
  test('says who likes a post: by the last action, and not of strangers', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply([
      press('ann', 'x', 1),
      press('bob', 'x', 1),
      press('bob', 'x', 2, 'unlike'),
      press('ann', 'y', 1, 'unlike'),
    ]);
    const asked = [
      ['ann', 'x'],
      ['bob', 'x'],
      ['ann', 'y'],
      ['bob', 'y'],
      ['zoe', 'nowhere'],
    ] as const;
    const answers = await Promise.all(asked.map(([user, post]) => store.isLikedBy(user, post)));
    expect(answers).toEqual([true, false, false, false, false]);
  });

  test('the top posts are those that most users like, ties by the bytes of the post', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const likesOf = (post: string, users: number) =>
      Array.from({ length: users }, (_, user) => press(`user-${user}`, post, 1));
    await store.apply([
      ...likesOf('post-1', 3),
      ...likesOf('post-2', 5),
      ...likesOf('\u{1f44d}', 3),
      ...likesOf('\uff5e', 3),
      ...likesOf('gone', 1),
      press('user-0', 'gone', 2, 'unlike'),
      ...likesOf('post-3', 9).map((like) => ({ ...like, action: 'unlike' as const })),
    ]);
    const top = ['post-2', 'post-1', '\uff5e', '\u{1f44d}'];
    expect((await store.topPosts(20)).map(({ post }) => post)).toEqual(top);
    expect(await store.topPosts(1)).toEqual([{ post: 'post-2', likes: 5, unlikes: 0 }]);
    expect(await store.countsOf(['gone', 'post-1', 'nobody'])).toEqual([
      { post: 'gone', likes: 0, unlikes: 0 },
      { post: 'post-1', likes: 3, unlikes: 0 },
      { post: 'nobody', likes: 0, unlikes: 0 },
    ]);
  });

  test('names of any kind that UTF-8 can hold are told apart', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    const names = ['é', 'e\u0301', '日本', '👍', 'a\0b', 'a', "'; --", '__proto__', ' ', '\ufffd'];
    await store.apply(names.flatMap((post) => names.map((user) => press(user, post, 1))));
    expect(await allStates(store)).toHaveLength(names.length ** 2);
    expect((await store.countOf('a\0b')).likes).toBe(names.length);
    expect(await store.isLikedBy('__proto__', 'a')).toBe(true);
    expect(await store.findProblems()).toEqual([]);
  });

  test('states and counts can be read while the store is written', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply(madePresses(37, 50, 1));
    let [states, posts] = [0, 0];
    for (const shard of store.shards) {
      for await (const { user, post } of shard.states!()) {
        states++;
        if (states % 100 === 0) await store.apply([press(user, post, 2, 'unlike')]);
      }
      for await (const _ of shard.counts()) posts++;
    }
    expect([states, posts]).toEqual([37 * 50, 37]);
  });

  test('it says by which rule it counts, and holds no marks', async () => {
    await using subject = await begin();
    await using store = await subject.open();
    await store.apply(madePresses(5, 5, 2));
    expect(store.rule).toBe('states');
    const shards = String(store.shards.length);
    expect(await store.settings()).toMatchObject({ rule: 'states', shards });
    expect(await rowsOf(store, (shard) => shard.marks())).toEqual([]);
  });
}

/** The model keeps the first of two actions with one version. */
function likesFirst(presses: readonly Like[]): Like[] {
  const { like = [], unlike = [] } = Object.groupBy(presses, ({ action }) => action);
  return [...like, ...unlike];
}

/** Few names and few versions, so that repeats, ties and reversals are common. */
const somePress = fc
  .record({
    user: fc.constantFrom('ann', 'bob', 'zoë'),
    post: fc.constantFrom('post-0', 'post-1', 'post-2', 'post-3', 'post-4'),
    version: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(2 ** 40)),
    action: fc.constantFrom('like' as const, 'unlike' as const),
  })
  .map(({ user, post, version, action }) => press(user, post, version, action));
