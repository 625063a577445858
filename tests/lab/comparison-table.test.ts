import { describe, expect, test } from 'vitest';
import { COMPARISON_HEADS, comparisonTables, difference } from '../../lab/comparison-table.ts';
import { pacedRuns, SIX, SIX_AGAIN, sustainedRuns, times } from './made-runs.ts';

describe('the tables of comparisons', () => {
  const kafka = sustainedRuns('kafka', times(1_000, SIX));
  const redis = sustainedRuns('redis-streams', times(1_000, SIX_AGAIN));
  const sqs = sustainedRuns('sqs', times(300, SIX));

  test('have a row for each broker with runs, interval, ratio to the best and the call', () => {
    const [table, ...others] = comparisonTables([...kafka, ...redis, ...sqs]);
    expect(others).toEqual([]);
    expect(table!.title).toContain('in likes/s, higher is better');
    expect(table!.heads).toEqual(COMPARISON_HEADS.map(({ head }) => head));
    const [best, tie, behind] = table!.rows;
    expect(best!.slice(0, 3)).toEqual(['kill, sustained', 'kafka', '6']);
    expect(best![3]).toMatch(/^1,005 \[9\d\d–1,0\d\d\]$/);
    expect(best!.slice(4)).toEqual(['–', 'best']);
    expect(tie![4]).toMatch(/^1\.00 \[0\.9\d–1\.0\d\]$/);
    expect(tie![5]).toBe('tie');
    expect(behind![4]).toMatch(/^0\.30 \[0\.2\d–0\.3\d\]$/);
    expect(behind![5]).toBe('behind');
  });

  test('say below each comparison what as many runs detect, and on whom there is no claim', () => {
    const [table] = comparisonTables([...kafka, ...redis, ...sqs.slice(2)]);
    expect(table!.notes).toHaveLength(2);
    expect(table!.notes[0]).toMatch(/^kill, sustained: in 80 % of cases, runs as many as these /);
    expect(table!.notes[0]).toMatch(/detect a difference of [\d.]+ % \(\S+\) to [\d.]+ % \(\S+\)$/);
    expect(table!.notes[1]).toBe('kill, sustained: no claim on sqs, which has 4 valid run(s)');
  });

  test('are one a metric, with a line for each setting', () => {
    const pace = (likesPerS: number) => {
      const [first] = pacedRuns('kafka', [1]);
      return { plan: { ...first!.plan, pace: `${likesPerS}/s` } };
    };
    const results = [2_000, 100].flatMap((likesPerS) => [
      ...pacedRuns('kafka', times(20, SIX), pace(likesPerS)),
      ...pacedRuns('sqs', times(10, SIX), pace(likesPerS)),
    ]);
    const tables = comparisonTables(results);
    expect(tables).toHaveLength(2);
    for (const { rows, notes } of tables) {
      const settings = ['kill, 100/s', 'kill, 100/s', 'kill, 2000/s', 'kill, 2000/s'];
      expect(rows.map(([setting]) => setting)).toEqual(settings);
      expect(notes).toHaveLength(2);
    }
  });

  test('are none where nothing can be compared', () => {
    expect(comparisonTables([...kafka, ...sqs.slice(1)])).toEqual([]);
  });
});

test('a difference is said in per cent, and as a factor where it is large', () => {
  expect(difference(1.042)).toBe('4.2 %');
  expect(difference(3.14)).toBe('3.1×');
});
