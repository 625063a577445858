import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readTrendingRows, TRENDING_FILE } from '../../../likes/workloads/trending-data.ts';
import { WorkloadError } from '../../../likes/workloads/workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'trending-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(...lines: string[]): string {
  const file = join(folder, 'counts.csv');
  writeFileSync(file, lines.join('\n'));
  return file;
}

function failureOf(file: string): WorkloadError {
  try {
    readTrendingRows(file);
  } catch (error) {
    if (error instanceof WorkloadError) return error;
    throw error;
  }
  throw new Error('read, but should not have been');
}

const HEADER = 'date,video_id,views,likes';

describe('the real data', () => {
  const rows = readTrendingRows(TRENDING_FILE);

  test('has 1,800 videos on 29 days, and 5 of its 5,792 lines replace an earlier one', () => {
    expect(rows).toHaveLength(5_787);
    expect(new Set(rows.map((row) => row.video)).size).toBe(1_800);
    expect(new Set(rows.map((row) => row.date)).size).toBe(29);
  });

  test('takes the later of two lines of a day', () => {
    const twice = rows.filter((row) => row.video === '7Cn0-CwintU' && row.date === '2017-09-21');
    expect(twice).toEqual([{ date: '2017-09-21', video: '7Cn0-CwintU', likes: 13_452 }]);
  });
});

describe('a file of one’s own', () => {
  test('may have its lines and columns in any order, quotes, a byte order mark, no views', () => {
    const file = fileWith('\uFEFFlikes,video_id,date', '9,b,2020-01-02', '"5","a","2020-01-01"');
    expect(readTrendingRows(file)).toEqual([
      { date: '2020-01-01', video: 'a', likes: 5 },
      { date: '2020-01-02', video: 'b', likes: 9 },
    ]);
  });

  test.each([
    ['date', '2020-02-30,a,1,5'],
    ['date', '1.2.2020,a,1,5'],
    ['date', ',a,1,5'],
    ['video_id', '2020-01-02,,1,5'],
    ['video_id', '2020-01-02,a b,1,5'],
    ['video_id', `2020-01-02,${'x'.repeat(257)},1,5`],
    ['likes', '2020-01-02,a,1,-5'],
    ['likes', '2020-01-02,a,1,5.5'],
    ['likes', '2020-01-02,a,1,'],
    ['likes', '2020-01-02,a,1,1e3'],
    ['likes', '2020-01-02,a,1,1000000001'],
  ])('is refused by line and column: %s in %s', (column, line) => {
    const file = fileWith(HEADER, '2020-01-01,a,1,5', line);
    const { code, message } = failureOf(file);
    expect(code).toBe('DATA_INVALID');
    expect(message).toContain(`${file}, line 3, column ${column}: `);
    expect(message).toMatch(/; allowed: .+: correct the file$/);
    expect(message).not.toContain('\n');
  });

  test('counts the lines that a quoted text spans', () => {
    const { message } = failureOf(fileWith(HEADER, '2020-01-01,a,"1\n2",5', 'x,a,1,5'));
    expect(message).toContain('line 4, column date');
  });

  test('is refused when a column is missing', () => {
    const { message } = failureOf(fileWith('date,video_id,views', '2020-01-01,a,1'));
    expect(message).toContain('line 1: column likes');
  });

  test('is refused when a line is too short', () => {
    const error = failureOf(fileWith(HEADER, '2020-01-01,a,1'));
    expect(error.code).toBe('DATA_INVALID');
    expect(error.message).toContain('line 2');
    expect(error.cause).toBeInstanceOf(Error);
  });

  test.each([[[]], [[HEADER]]])('is refused when it is empty: %j', (lines) => {
    expect(failureOf(fileWith(...lines)).code).toBe('DATA_INVALID');
  });

  test('is named when it cannot be read', () => {
    const file = join(folder, 'none.csv');
    const error = failureOf(file);
    expect(error.code).toBe('DATA_UNREADABLE');
    expect(error.message).toContain(`${file} (ENOENT)`);
  });
});
