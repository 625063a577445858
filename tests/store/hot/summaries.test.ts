import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOTHING_SEEN, SpaceSaving } from '../../../store/hot/space-saving.ts';
import { largestOf, mergeSummaries } from '../../../store/hot/summaries.ts';
import { contradictions, countExactly } from './summary-truth.ts';

const stream = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 25 }).map((post) => `p${post}`),
    fc.integer({ min: 1, max: 9 }),
  ),
  { maxLength: 80 },
);
const streams = fc.array(stream, { minLength: 1, maxLength: 5 });
const counters = fc.integer({ min: 1, max: 12 });

function summaryOf(sums: readonly (readonly [string, number])[], m: number) {
  const sketch = new SpaceSaving(m);
  for (const [post, likes] of sums) sketch.add(post, likes);
  return sketch.summary();
}

describe('a merged summary', () => {
  test('promises of all likes together what each promised of its own', () => {
    fc.assert(
      fc.property(streams, counters, (all, m) => {
        const merged = mergeSummaries(
          all.map((sums) => summaryOf(sums, m)),
          m,
        );
        expect(contradictions(merged, countExactly(all.flat()), m)).toEqual([]);
      }),
    );
  });

  test('promises it as well when it was merged in several steps', () => {
    fc.assert(
      fc.property(streams, counters, (all, m) => {
        const merged = all
          .map((sums) => summaryOf(sums, m))
          .reduce((sum, next) => mergeSummaries([sum, next], m), NOTHING_SEEN);
        expect(contradictions(merged, countExactly(all.flat()), m)).toEqual([]);
      }),
    );
  });

  test('promises it for fewer posts when only the largest of each were sent', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 6 }), (all, most) => {
        const sent = all.map((sums) => largestOf(summaryOf(sums, 12), most));
        const merged = mergeSummaries(sent, most);
        expect(contradictions(merged, countExactly(all.flat()), most)).toEqual([]);
      }),
    );
  });

  test('is that summary when there is one, and nothing when there is none', () => {
    const summary = summaryOf(
      [
        ['a', 3],
        ['b', 1],
        ['c', 2],
      ],
      2,
    );
    expect(mergeSummaries([summary], 2)).toEqual(summary);
    expect(mergeSummaries([])).toEqual(NOTHING_SEEN);
  });

  test('adds to each estimate what a sketch that does not list the post may have seen', () => {
    const one = { total: 10, posts: [{ post: 'a', likes: 7, error: 1 }], unlistedMax: 3 };
    const two = { total: 9, posts: [{ post: 'b', likes: 6, error: 0 }], unlistedMax: 2 };
    expect(mergeSummaries([one, two], 2)).toEqual({
      total: 19,
      posts: [
        { post: 'a', likes: 9, error: 3 },
        { post: 'b', likes: 9, error: 3 },
      ],
      unlistedMax: 5,
    });
  });

  test('would be caught if it left those likes out', () => {
    const all = [
      [
        ['a', 9],
        ['b', 4],
        ['c', 2],
      ],
      [
        ['b', 5],
        ['c', 4],
        ['a', 3],
      ],
    ] as const;
    const merged = mergeSummaries(
      all.map((sums) => summaryOf(sums, 2)),
      2,
    );
    const naive = merged.posts.map((one) => ({ ...one, likes: one.likes - 6 }));
    const truth = countExactly(all.flat());
    expect(contradictions(merged, truth, 2)).toEqual([]);
    expect(contradictions({ ...merged, posts: naive }, truth, 2)).not.toEqual([]);
  });
});
