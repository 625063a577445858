import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EMPTY_WINDOW, HotWindow, mergeWindows } from '../../../store/hot/hot-window.ts';
import { contradictions, countExactly } from './summary-truth.ts';

const likesOf = (...posts: string[]) => posts.map((post) => ({ post }));

describe('the window of hot posts', () => {
  test('tells of the running half and the one before it, and of nothing older', () => {
    const window = new HotWindow({ halfMs: 100 });
    window.see(likesOf('old', 'old', 'old'), 950);
    window.see(likesOf('a', 'a', 'b'), 1_000);
    expect(window.summary(1_050)).toMatchObject({
      total: 6,
      windowMs: 150,
      posts: [
        { post: 'old', likes: 3 },
        { post: 'a', likes: 2 },
        { post: 'b', likes: 1 },
      ],
    });
    expect(window.summary(1_100)).toMatchObject({
      total: 3,
      posts: [{ post: 'a' }, { post: 'b' }],
    });
    expect(window.summary(1_200)).toMatchObject({ total: 0, posts: [] });
  });

  test('has forgotten everything after a rest, however long it was', () => {
    const window = new HotWindow({ halfMs: 100 });
    window.see(likesOf('a'), 1_000);
    expect(window.summary(987_654).total).toBe(0);
  });

  test('is what exact counts of the same half windows say, within its promise', () => {
    const batch = fc.tuple(
      fc.integer({ min: 0, max: 60 }),
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 30 }), (batches) => {
        const counters = 5;
        const window = new HotWindow({ counters, halfMs: 100 });
        let nowMs = 10_000;
        const seen = batches.map(([afterMs, posts]) => {
          nowMs += afterMs;
          const likes = likesOf(...posts.map((post) => `p${post}`));
          window.see(likes, nowMs);
          return { half: Math.floor(nowMs / 100), likes };
        });
        const half = Math.floor(nowMs / 100);
        const inWindow = seen.filter((one) => one.half >= half - 1).flatMap(({ likes }) => likes);
        const truth = countExactly(inWindow.map(({ post }) => [post, 1] as const));
        expect(contradictions(window.summary(nowMs), truth, counters)).toEqual([]);
      }),
    );
  });

  test('is one over several processes', () => {
    const [one, two] = [new HotWindow({ halfMs: 100 }), new HotWindow({ halfMs: 100 })];
    one.see(likesOf('a', 'b'), 1_010);
    two.see(likesOf('a', 'c', 'c', 'c'), 1_020);
    const merged = mergeWindows([one.summary(1_030), two.summary(1_040), EMPTY_WINDOW]);
    expect(merged).toMatchObject({
      total: 6,
      windowMs: 140,
      posts: [
        { post: 'c', likes: 3, error: 0 },
        { post: 'a', likes: 2, error: 0 },
        { post: 'b', likes: 1, error: 0 },
      ],
    });
    expect(mergeWindows([])).toEqual(EMPTY_WINDOW);
  });
});
