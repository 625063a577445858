import { describe, expect, test } from 'vitest';
import {
  cellsOf,
  checkPlan,
  DAY_EVENTS_MAX,
  scaleCells,
  type TrendingCell,
} from '../../../likes/workloads/trending-cells.ts';
import { readTrendingRows, TRENDING_FILE } from '../../../likes/workloads/trending-data.ts';
import { USERS_MAX } from '../../../likes/workloads/users.ts';

const sumOf = (cells: readonly TrendingCell[], action: TrendingCell['action']) =>
  cells.filter((cell) => cell.action === action).reduce((sum, cell) => sum + cell.amount, 0);

const rowsOf = (...counts: [date: string, video: string, likes: number][]) =>
  counts.map(([date, video, likes]) => ({ date, video, likes }));

describe('the cells of the real data', () => {
  const plan = cellsOf(readTrendingRows(TRENDING_FILE));

  test('hold 55,043,065 likes and 439 unlikes of 1,800 videos', () => {
    expect(sumOf(plan.cells, 'like')).toBe(55_043_065);
    expect(sumOf(plan.cells, 'unlike')).toBe(439);
    expect(plan.events).toBe(55_043_504);
    expect(plan.posts).toHaveLength(1_800);
    expect(plan.cells.filter((cell) => cell.action === 'unlike')).toHaveLength(7);
  });

  test('never unlike what was not liked on an earlier day', () => {
    const count = new Map<number, number>();
    for (const { post, action, amount } of plan.cells) {
      const next = (count.get(post) ?? 0) + (action === 'like' ? amount : -amount);
      expect(next).toBeGreaterThanOrEqual(0);
      count.set(post, next);
    }
  });

  test('come back unchanged when scaled to their own sum', () => {
    expect(scaleCells(plan, plan.events)).toEqual(plan);
  });

  test.each([1, 1_000, 200_000, 100_000_000])('scale to %i presses exactly', (likes) => {
    const scaled = scaleCells(plan, likes);
    expect(scaled.events).toBe(likes);
    expect(scaled.posts).toBe(plan.posts);
    expect(scaled.cells.every((cell) => cell.amount > 0)).toBe(true);
  });
});

describe('the cells of a file', () => {
  test('are differences to the previous listed day, with a day missing in between', () => {
    const rows = rowsOf(
      ['2020-01-01', 'a', 10],
      ['2020-01-01', 'b', 0],
      ['2020-01-02', 'b', 4],
      ['2020-01-03', 'a', 7],
      ['2020-01-03', 'b', 4],
    );
    expect(cellsOf(rows)).toEqual({
      posts: ['a', 'b'],
      events: 17,
      cells: [
        { day: 0, post: 0, action: 'like', amount: 10 },
        { day: 1, post: 1, action: 'like', amount: 4 },
        { day: 2, post: 0, action: 'unlike', amount: 3 },
      ],
    });
  });

  test('are refused when nothing was ever liked', () => {
    const plan = cellsOf(rowsOf(['2020-01-01', 'a', 0]));
    expect(() => checkPlan(scaleCells(plan, 5))).toThrow(/every count of the file is 0/);
  });

  test('are refused when a video has more likes than there are users', () => {
    const plan = cellsOf(rowsOf(['2020-01-01', 'a', USERS_MAX + 1]));
    expect(() => checkPlan(plan)).toThrow(/a gets 67108865 likes, at most 67108864/);
  });

  test('are refused when a day is too large to shuffle', () => {
    const rows = Array.from({ length: 5 }, (_, place) => ({
      date: '2020-01-01',
      video: `v${place}`,
      likes: USERS_MAX,
    }));
    expect(5 * USERS_MAX).toBeGreaterThan(DAY_EVENTS_MAX);
    expect(() => checkPlan(cellsOf(rows))).toThrow(/day 1 has 335544320 presses/);
  });
});
