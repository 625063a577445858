import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CoalescingStore } from '../../../store/hot/coalesce.ts';
import { likesOn, MadeStore, REFUSED_POST, tellingOf } from './made-store.ts';

const SOON = { lingerMs: 1, likesMax: 1_000 };

function held(posts: readonly string[], limits = SOON, store = new MadeStore()) {
  const coalescing = new CoalescingStore(store);
  coalescing.hold(posts, limits);
  return { store, coalescing };
}

describe('a consumer that coalesces', () => {
  test('passes everything on as it is while no post is held', async () => {
    const { store, coalescing } = held([]);
    await coalescing.apply(likesOn(['hot', 'a', 'hot']));
    expect(store.calls).toEqual([['hot', 'a', 'hot']]);
  });

  test('stores the likes of a held post over several batches in one call', async () => {
    const { store, coalescing } = held(['hot']);
    const batches = [['hot', 'a'], ['b', 'hot', 'hot'], ['hot']].map((posts, batch) =>
      coalescing.apply(likesOn(posts, 10 * batch)),
    );
    await Promise.all(batches);
    expect(store.calls).toEqual([['a'], ['b'], ['hot', 'hot', 'hot', 'hot']]);
    expect(store.counts).toEqual(new Map(Object.entries({ a: 1, b: 1, hot: 4 })));
  });

  test('resolves a batch when all of it is stored, and not before', async () => {
    const { store, coalescing } = held(['hot'], { lingerMs: 20, likesMax: 1_000 });
    let isStored = false;
    const batch = coalescing.apply(likesOn(['a', 'hot'])).then(() => (isStored = true));
    while (store.counts.get('a') === undefined) await sleep(1);
    expect([isStored, store.counts.get('hot')]).toEqual([false, undefined]);
    await batch;
    expect(store.counts.get('hot')).toBe(1);
  });

  test('holds no like longer than it may, and no more of them', async () => {
    const { store, coalescing } = held(['hot'], { lingerMs: 60_000, likesMax: 3 });
    // Only the number is reached here; a minute would fail the test.
    await Promise.all([
      coalescing.apply(likesOn(['hot'])),
      coalescing.apply(likesOn(['hot', 'hot'], 1)),
    ]);
    expect(store.calls).toEqual([['hot', 'hot', 'hot']]);
    const startMs = performance.now();
    const soon = held(['hot'], { lingerMs: 30, likesMax: 1_000 });
    await soon.coalescing.apply(likesOn(['hot']));
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(29);
  });

  test('has one transaction of a post under way, and gathers what comes meanwhile', async () => {
    const { store, coalescing } = held(['hot']);
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const first = coalescing.apply(likesOn(['hot']));
    while (store.calls.length === 0) await sleep(1);
    const more = [1, 2, 3].map((seq) => coalescing.apply(likesOn(['hot'], seq)));
    await sleep(5); // Longer than they may be held: they wait for the transaction before them.
    expect(store.calls).toHaveLength(1);
    gate.resolve();
    await Promise.all([first, ...more]);
    expect(store.calls.map(({ length }) => length)).toEqual([1, 3]);
    expect(store.underWayMost).toBe(1);
  });

  test('stores what it holds when the post is no longer to be held', async () => {
    const { store, coalescing } = held(['hot']);
    const batch = coalescing.apply(likesOn(['hot']));
    coalescing.hold([]);
    await coalescing.apply(likesOn(['hot'], 1));
    await batch;
    expect(store.calls).toEqual([['hot'], ['hot']]);
  });

  test('an outage fails every batch with a part in it, and the next ones are stored', async () => {
    const { store, coalescing } = held(['hot']);
    store.isAway = true;
    const batches = [likesOn(['hot', 'a']), likesOn(['hot'], 5)];
    const told = await Promise.all(batches.map((likes) => tellingOf(coalescing, likes)));
    expect(told.map(({ outage }) => outage)).toEqual(['the store is away', 'the store is away']);
    store.isAway = false;
    expect(await tellingOf(coalescing, batches[0]!)).toEqual({ fresh: [0, 1], seen: [] });
  });

  test('an observer that throws fails its own batch alone', async () => {
    const { coalescing } = held(['hot']);
    const failing = coalescing.apply(likesOn(['hot']), () => {
      throw new Error('no room for records');
    });
    const other = tellingOf(coalescing, likesOn(['hot'], 1));
    await expect(failing).rejects.toThrow('no room for records');
    expect(await other).toEqual({ fresh: [0], seen: [] });
  });

  test('tells each batch what the store itself would have told it', async () => {
    const post = fc.constantFrom('hot', 'warm', 'a', 'bb', REFUSED_POST);
    const batch = fc.array(fc.tuple(post, fc.nat(40)), { minLength: 1, maxLength: 8 });
    const posts = fc.subarray(['hot', 'warm', REFUSED_POST]);
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 8 }), posts, async (drawn, hot) => {
        // A seq has one post for ever, as in life; the same seq comes again and again.
        const postOf = new Map(drawn.flat().map(([name, seq]) => [seq, name]));
        const batches = drawn.map((pairs) =>
          pairs.map(([, seq]) => ({ ...likesOn([postOf.get(seq)!], seq)[0]! })),
        );
        const { store, coalescing } = held(hot, { lingerMs: 0, likesMax: 5 });
        const told = await Promise.all(batches.map((likes) => tellingOf(coalescing, likes)));
        const plain = new MadeStore();
        for (const likes of batches) await plain.apply(likes).catch(() => undefined);
        expect(store.counts).toEqual(plain.counts);
        for (const [index, { fresh, seen, refused = [], outage }] of told.entries()) {
          const all = [...fresh, ...seen, ...refused].sort((a, b) => a - b);
          expect(all).toEqual(batches[index]!.map((_, place) => place));
          expect(outage).toBeUndefined();
          const refusedPosts = refused.map((place) => batches[index]![place]!.post);
          expect(refusedPosts.every((name) => name === REFUSED_POST)).toBe(true);
        }
        const counted = told.reduce((sum, { fresh }) => sum + fresh.length, 0);
        expect(counted).toBe([...plain.counts.values()].reduce((sum, likes) => sum + likes, 0));
      }),
      { numRuns: 50 },
    );
  });
});
