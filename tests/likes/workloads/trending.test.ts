import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { TrendingMaker } from '../../../likes/workloads/trending.ts';
import type { TrendingCell } from '../../../likes/workloads/trending-cells.ts';
import { openWorkload } from '../../../likes/workloads/workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'trending-'));
afterAll(() => rmSync(folder, { recursive: true }));

function likesOf(cells: readonly TrendingCell[]) {
  const events = cells.reduce((sum, cell) => sum + cell.amount, 0);
  const maker = new TrendingMaker({ posts: ['a', 'b'], cells, events }, 1);
  return Array.from({ length: events }, (_, seq) => maker.make(seq));
}

describe('the likes of a plan', () => {
  test('keep to the order of the days', () => {
    const likes = likesOf([
      { day: 3, post: 1, action: 'like', amount: 20 },
      { day: 4, post: 0, action: 'like', amount: 30 },
      { day: 4, post: 1, action: 'unlike', amount: 5 },
    ]);
    expect(likes.slice(0, 20).every(({ post }) => post === 'b')).toBe(true);
    expect(likes.slice(20).filter(({ post }) => post === 'a')).toHaveLength(30);
    expect(likes.filter(({ action }) => action === 'unlike')).toHaveLength(5);
  });

  test('take back the likes of the users who liked first', () => {
    const likes = likesOf([
      { day: 0, post: 0, action: 'like', amount: 5 },
      { day: 1, post: 0, action: 'unlike', amount: 2 },
    ]);
    const [first, second] = likes;
    expect(likes.slice(5)).toEqual([
      { ...first, seq: 5, action: 'unlike', version: 2 },
      { ...second, seq: 6, action: 'unlike', version: 2 },
    ]);
  });

  test('keep versions exact when scaling left an unlike without its like, or before it', () => {
    const likes = likesOf([
      { day: 0, post: 0, action: 'unlike', amount: 2 },
      { day: 1, post: 0, action: 'like', amount: 1 },
    ]);
    const [first, second] = likes;
    expect(first).toMatchObject({ action: 'unlike', version: 1 });
    expect(second).toMatchObject({ action: 'unlike', version: 1 });
    expect(second!.user).not.toBe(first!.user);
    expect(likes[2]).toEqual({ ...first, seq: 2, action: 'like', version: 2 });
  });

  test('come in every order of a day equally often', () => {
    const counts = new Map<string, number>();
    const cells: TrendingCell[] = [
      { day: 0, post: 0, action: 'like', amount: 2 },
      { day: 0, post: 1, action: 'like', amount: 2 },
    ];
    for (let seed = 0; seed < 6_000; seed++) {
      const maker = new TrendingMaker({ posts: ['a', 'b'], cells, events: 4 }, seed);
      const order = [0, 1, 2, 3].map((seq) => maker.make(seq).post).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['aabb', 'abab', 'abba', 'baab', 'baba', 'bbaa']);
    // Five standard deviations of a binomial count with n = 6,000 and p = 1/6 are 144.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(144);
  });
});

test('trending streams a file of one’s own', () => {
  const file = join(folder, 'counts.csv');
  const lines = ['date,video_id,likes', '2020-01-01,a,3', '2020-01-02,a,1', '2020-01-02,b,4'];
  writeFileSync(file, lines.join('\n'));
  const workload = openWorkload('trending', { likes: 'all', seed: 1, data: file });
  const expected = { a: { likes: 3, unlikes: 2 }, b: { likes: 4, unlikes: 0 } };
  expect(Object.fromEntries(workload.expectedCounts()!)).toEqual(expected);
  const likes = [...workload.stream()].filter((like) => !like.retry);
  expect(likes).toHaveLength(9);
  expect(likes.slice(0, 3).map(({ post }) => post)).toEqual(['a', 'a', 'a']);
});
