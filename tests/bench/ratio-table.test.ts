import { describe, expect, test } from 'vitest';
import type { Contest } from '../../bench/contest.ts';
import { ratiosOf, ratioTable } from '../../bench/ratio-table.ts';

const contest: Contest = {
  name: 'made',
  unit: 'likes',
  target: 0.5,
  warmsUp: false,
  ours: 'what ours includes',
  bare: 'what bare includes',
  openPair: async () => {
    throw new Error('tables run nothing');
  },
};

describe('the table of ratios', () => {
  test('takes the ratio of each pair before the median, not the ratio of the medians', () => {
    const pairs = [
      { ours: 10, bare: 100 },
      { ours: 60, bare: 80 },
      { ours: 50, bare: 50 },
    ];
    const { rows } = ratioTable([{ contest, pairs, struck: [] }], 'made');
    expect(rows).toEqual([['made', 'likes', '50', '80', '0.75 (0.10–1.00)', '0.50 met', '3']]);
  });

  test('says that a target is missed, and meets one that is hit exactly', () => {
    const targetCell = (ours: number) =>
      ratioTable([{ contest, pairs: [{ ours, bare: 100 }], struck: [] }], 'made').rows[0]![5];
    expect(targetCell(49)).toBe('0.50 missed');
    expect(targetCell(50)).toBe('0.50 met');
  });

  test('gives no ratio where every pair was struck out, and says why', () => {
    const table = ratioTable([{ contest, pairs: [], struck: ['pair 1: 3 instead of 4'] }], 'made');
    expect(table.rows[0]).toEqual(['made', 'likes', '–', '–', '–', '0.50', '0']);
    expect(table.notes).toContain('made, struck out: pair 1: 3 instead of 4');
  });

  test('gives no ratio where there is no opponent', () => {
    expect(ratiosOf([{ ours: 10 }])).toEqual([]);
  });
});
