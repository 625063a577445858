import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HotSummary, SpaceSaving } from '../../../store/hot/space-saving.ts';
import { contradictions, countExactly } from './summary-truth.ts';

/** Few posts and few counters, so that counters change hands all the time. */
const additions = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 9 })),
  {
    maxLength: 200,
  },
);

const named = (sums: readonly (readonly [number, number])[]) =>
  sums.map(([post, likes]) => [`p${post}`, likes] as const);

function sketchOf(
  sums: readonly (readonly [string, number])[],
  counters: number,
  sketch = new SpaceSaving(counters),
): SpaceSaving {
  for (const [post, likes] of sums) sketch.add(post, likes);
  return sketch;
}

describe('a Space-Saving sketch', () => {
  test('never promises what the exact counts contradict', () => {
    fc.assert(
      fc.property(additions, fc.integer({ min: 1, max: 12 }), (drawn, counters) => {
        const sums = named(drawn);
        const summary = sketchOf(sums, counters).summary();
        expect(contradictions(summary, countExactly(sums), counters)).toEqual([]);
      }),
    );
  });

  test('does what the paper does: a worked example with two counters', () => {
    const sketch = sketchOf(
      named([
        [1, 3],
        [2, 1],
        [3, 1],
        [1, 1],
        [2, 1],
      ]),
      2,
    );
    expect(sketch.summary()).toEqual({
      total: 7,
      // 3 took over the 1 of 2, and 2 the 2 of 3.
      posts: [
        { post: 'p1', likes: 4, error: 0 },
        { post: 'p2', likes: 3, error: 2 },
      ],
      unlistedMax: 3,
    });
  });

  test('promises the same of likes that come in batches', () => {
    const batches = fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 }));
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 12 }), (drawn, counters) => {
        const sketch = new SpaceSaving(counters);
        const all = drawn.map((posts) => posts.map((post) => ({ post: `p${post}` })));
        for (const likes of all) sketch.addEach(likes);
        const truth = countExactly(all.flat().map(({ post }) => [post, 1] as const));
        expect(contradictions(sketch.summary(), truth, counters)).toEqual([]);
      }),
    );
  });

  test('is exact while it has a counter for every post', () => {
    fc.assert(
      fc.property(additions, (drawn) => {
        const sums = named(drawn);
        const { posts, unlistedMax } = sketchOf(sums, 31).summary();
        const exact = countExactly(sums);
        expect(new Map(posts.map(({ post, likes }) => [post, likes]))).toEqual(exact);
        expect(posts.every(({ error }) => error === 0)).toBe(true);
        if (exact.size < 31) expect(unlistedMax).toBe(0);
      }),
    );
  });

  test('does not care whether likes come one by one or as the sum of a batch', () => {
    fc.assert(
      fc.property(additions, (drawn) => {
        // With neighbours of the same post the two are the same; in between, counters change hands.
        const sums = named(drawn);
        const single = sums.flatMap(([post, likes]) =>
          Array.from({ length: likes }, () => [post, 1] as const),
        );
        const counts = (summary: HotSummary) => summary.posts.map(({ likes }) => likes);
        expect(counts(sketchOf(single, 5).summary())).toEqual(counts(sketchOf(sums, 5).summary()));
      }),
    );
  });

  test('starts anew when it is cleared', () => {
    fc.assert(
      fc.property(additions, additions, (before, after) => {
        const sketch = sketchOf(named(before), 4);
        sketch.clear();
        expect(sketch.summary()).toEqual({ total: 0, posts: [], unlistedMax: 0 });
        sketchOf(named(after), 4, sketch);
        expect(sketch.summary()).toEqual(sketchOf(named(after), 4).summary());
      }),
    );
  });
});

describe('the check of these promises finds', () => {
  const sums = named([
    [1, 50],
    [2, 3],
    [3, 3],
    [4, 3],
    [1, 5],
    [5, 2],
  ]);
  const right = sketchOf(sums, 3).summary();
  const truth = countExactly(sums);
  const faultsOf = (wrong: Partial<HotSummary>) =>
    contradictions({ ...right, ...wrong }, truth, 3).length;

  test('nothing in what the sketch says', () => expect(faultsOf({})).toBe(0));

  test.each<[string, Partial<HotSummary>]>([
    ['a post that is estimated too low', { posts: [{ ...right.posts[0]!, likes: 54 }] }],
    ['an error that is not told', { posts: right.posts.map((one) => ({ ...one, error: 0 })) }],
    ['an error without a bound', { posts: right.posts.map((one) => ({ ...one, error: 60 })) }],
    ['a hot post that was forgotten', { posts: right.posts.slice(1) }],
    ['a wrong total', { total: 65 }],
    ['a bound that is too low', { unlistedMax: 1 }],
    ['a bound that says nothing', { unlistedMax: 66 }],
    ['posts in a wrong order', { posts: [...right.posts].reverse() }],
    ['a post that stands there twice', { posts: [right.posts[0]!, ...right.posts] }],
  ])('%s', (_, wrong) => expect(faultsOf(wrong)).toBeGreaterThan(0));
});
