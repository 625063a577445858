import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cellsOf } from '../../../likes/workloads/trending-cells.ts';
import { readTrendingRows, TRENDING_FILE } from '../../../likes/workloads/trending-data.ts';
import { expectScaled, expectWhole } from '../../../likes/workloads/trending-expected.ts';

const rows = readTrendingRows(TRENDING_FILE);

describe('the counts expected of the whole data', () => {
  const expected = expectWhole(rows);
  const counts = [...expected.values()];

  test('are 55,043,065 likes and 439 unlikes', () => {
    expect(counts.reduce((sum, count) => sum + count.likes, 0)).toBe(55_043_065);
    expect(counts.reduce((sum, count) => sum + count.unlikes, 0)).toBe(439);
  });

  test('are on each video the number of its last line, read without our own reader', () => {
    const last = new Map<string, number>();
    for (const line of readFileSync(TRENDING_FILE, 'utf8').trim().split('\n').slice(1)) {
      const [, video, , likes] = line.split(',');
      last.set(video!, Number(likes));
    }
    const net = [...expected].map(([video, { likes, unlikes }]) => [video, likes - unlikes]);
    expect(Object.fromEntries(net)).toEqual(Object.fromEntries(last));
  });

  test('hold 21 videos that end at 0, of which 20 never had a like', () => {
    expect(counts.filter((count) => count.likes === count.unlikes)).toHaveLength(21);
    expect(counts.filter((count) => count.likes === 0)).toHaveLength(20);
  });

  test('are the same by the other rule, which adds up cells', () => {
    expect(expectScaled(cellsOf(rows))).toEqual(expected);
  });
});
