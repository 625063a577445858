import { describe, expect, test } from 'vitest';
import { NOISE_HEADS, noiseFloorTable, pairOf, twinPairs } from '../../lab/noise-floor.ts';
import { pacedRuns, SIX, SIX_AGAIN, sustainedRuns, times } from './made-runs.ts';

const alias = 'redis-streams (again)';
const own = sustainedRuns('redis-streams', times(1_000, SIX));
const again = sustainedRuns('redis-streams', times(1_000, SIX_AGAIN), { alias });
const others = sustainedRuns('kafka', times(5_000, SIX));

describe('the noise floor', () => {
  test('is a row for each metric and setting of the broker that has two names', () => {
    const table = noiseFloorTable([...own, ...others, ...again])!;
    expect(table.heads).toEqual(NOISE_HEADS.map(({ head }) => head));
    expect(table.rows).toHaveLength(1);
    const [metric, setting, names, runs, ratio, call, apart] = table.rows[0]!;
    expect([metric, setting, names, runs, call]).toEqual([
      'sustained',
      'throughput, kill, sustained',
      `redis-streams, ${alias}`,
      '6 and 6',
      'tie',
    ]);
    expect(ratio).toMatch(/^1\.00 \[0\.9\d–1\.0\d\]$/);
    // The fifth runs: 0.99 and 1.02.
    expect(apart).toBe('3.0 %');
    expect(table.notes).toEqual([
      'sustained: medians at most 0.2 % apart (throughput, kill, sustained), ' +
        '0 of 1 called different',
    ]);
  });

  test('shows a false alarm as one, and the largest distance of all settings', () => {
    const far = { pace: '2,000/s', mode: 'paced' as const };
    const paced = (runs: readonly number[], name?: string) => {
      const [first] = pacedRuns('redis-streams', [1]);
      const plan = { ...first!.plan, ...far };
      return pacedRuns('redis-streams', runs, { plan, ...(name && { alias: name }) });
    };
    const calm = [
      ...pacedRuns('redis-streams', times(10, SIX)),
      ...pacedRuns('redis-streams', times(10, SIX_AGAIN), { alias }),
    ];
    const table = noiseFloorTable([
      ...calm,
      ...paced(times(10, SIX)),
      ...paced(times(12, SIX), alias),
    ])!;
    const p99 = table.rows.filter(([metric]) => metric === 'p99');
    expect(p99.map((row) => row[5])).toEqual(['tie', 'different']);
    expect(table.notes).toContain(
      'p99: medians at most 20.0 % apart (latency, kill, 2,000/s), 1 of 2 called different',
    );
  });

  test('claims nothing below six runs, and is not there without a second name', () => {
    const table = noiseFloorTable([...own.slice(0, 2), ...again.slice(0, 2)])!;
    expect(table.rows[0]!.slice(3, 6)).toEqual(['2 and 2', '1.00', 'no claim']);
    expect(noiseFloorTable([...own, ...others])).toBeUndefined();
    expect(noiseFloorTable(again)).toBeUndefined();
  });
});

test('runs without a number above 0 make no pair', () => {
  const [pair] = twinPairs([...own, ...again]);
  expect(pairOf(pair!, [1, 0], [1, 1])).toEqual([]);
  expect(pairOf(pair!, [], [1])).toEqual([]);
  expect(pairOf(pair!, [1], [2])).toMatchObject([{ ratio: 2, apartMost: 1, claim: undefined }]);
});
