import { describe, expect, test } from 'vitest';
import { hotSpot } from '../../experiments/hot-spot.ts';
import { explainHotSpot, helpOf } from '../../experiments/hot-spot-answers.ts';
import { falseAlarms } from '../../experiments/hot-spot-tables.ts';
import { tableOf } from '../../lab/table.ts';
import { EXPECTED, hotSpotResult } from './made-hot-spots.ts';
import { orderOf } from './step-order.ts';

describe('the steps', () => {
  const steps = hotSpot.steps(orderOf());

  test('are each cure and none at both shares, and two workloads without a hot post', () => {
    const named = steps.map(({ workload, made, hotSpot: own }) => [
      workload,
      made?.flashShare,
      own!.cures.join('+'),
    ]);
    expect(named).toHaveLength(12);
    expect(named.slice(0, 5)).toEqual([
      ['flash', 0.5, ''],
      ['flash', 0.5, 'isolate'],
      ['flash', 0.5, 'split'],
      ['flash', 0.5, 'coalesce'],
      ['flash', 0.5, 'isolate+split+coalesce'],
    ]);
    expect(named.slice(-2).map(([workload]) => workload)).toEqual(['zipf', 'trending']);
  });

  test('offer what a shard carries beside others, and not the hot post with its neighbours', () => {
    const [{ rate, sharding }] = steps as [(typeof steps)[0]];
    const perS = (rate as { likesPerS: number }).likesPerS;
    const most = sharding!.transactionsPerSMax!;
    const shards = 4;
    expect(perS / shards).toBeLessThan(most / 2);
    expect(perS * 0.5).toBeLessThan(most);
    expect(perS * (0.5 + 0.5 / shards)).toBeGreaterThan(most);
    expect((perS * 0.9) / shards + (perS * 0.1) / shards).toBeLessThan(most);
  });

  test('count into PostgreSQL, one like a transaction', () => {
    expect(steps.every(({ store }) => store?.engine === 'postgres')).toBe(true);
    expect(steps.every(({ hotSpot: own }) => own!.likesPerTransaction === 1)).toBe(true);
  });
});

describe('what the figures say', () => {
  test('is derived from them, claim by claim, and the course gets its line', () => {
    const text = explainHotSpot(EXPECTED);
    const [first, ...lines] = text.split('\n');
    expect(first).toBe(
      '- With 50 % of the likes on one post, isolation helps the neighbours: **shown** (p99 of ' +
        'the neighbours 1,500 ms without, 40 ms with).',
    );
    expect(lines[0]).toContain('isolation helps the post: **refuted**');
    expect(lines[1]).toContain('splitting helps the post: **shown**');
    expect(text).toContain(
      'With 90 % of the likes on one post, isolation helps the neighbours: **r',
    );
    expect(text).toContain(
      'monitoring finds the post after 600 ms; at 50 % a shard of its own is not enough (p99 of ' +
        'the post 2,000 ms before, 1,800 ms isolated, 60 ms split); at 90 % a shard of its own ' +
        'is not enough',
    );
    expect(text).toContain('Replicas serve reads only and were not measured.');
  });

  test('turns round when the figures do', () => {
    const other = [
      EXPECTED[0]!,
      hotSpotResult({ cures: ['isolate'], share: 0.5, post: 90, neighbours: 1_400 }),
      hotSpotResult({ cures: ['split'], share: 0.5, post: 1_900, neighbours: 1_500 }),
    ];
    const text = explainHotSpot(other);
    expect(text).toContain('isolation helps the neighbours: **refuted**');
    expect(text).toContain('splitting helps the post: **refuted**');
    expect(text).toContain('at 50 % a shard of its own is enough');
  });

  test('leaves out a cure that never came about, and numbers that do not stand', () => {
    const failed = {
      ...EXPECTED[1]!,
      hotSpot: { ...EXPECTED[1]!.hotSpot!, curedAfterMs: undefined },
    };
    expect(helpOf([EXPECTED[0]!, failed], 'isolate', 'post')).toBeUndefined();
    const struck = { ...EXPECTED[1]!, numbersValid: false };
    expect(helpOf([EXPECTED[0]!, struck], 'isolate', 'post')).toBeUndefined();
    expect(helpOf(EXPECTED.slice(0, 2), 'isolate', 'post')).toMatchObject({ helps: false });
    expect(explainHotSpot([])).toBe('');
  });
});

describe('the tables', () => {
  test('have a row for each cure, and say what the limit was and which cure failed', () => {
    const events = [
      { atS: 11, kind: 'failed', post: 'p05000', cure: 'split', problem: 'no shard' } as const,
    ];
    const failed = hotSpotResult({
      ...{ cures: ['split'], share: 0.5, post: 1, neighbours: 1 },
      changed: { events },
    });
    const [table] = hotSpot.tables!([...EXPECTED.slice(0, 2), failed]);
    expect(table!.rows.map((row) => row[3])).toEqual(['none', 'isolate', 'split']);
    expect(table!.notes).toContainEqual(expect.stringContaining('a shard admits 200 transactions'));
    expect(table!.notes).toContainEqual(expect.stringContaining('split failed: no shard'));
    expect(tableOf(hotSpot, EXPECTED).rows).toHaveLength(6);
  });

  test('show detection where it was calculated', () => {
    const one = { likesPerS: 1_000, processes: 4, merges: 50, precisionAt10: 1, recallAt10: 0.98 };
    const told = hotSpotResult({
      ...{ cures: [], share: 0.5, post: 1, neighbours: 1 },
      changed: { detection: [{ ...one, delayMs: 590, delayMsMax: 790, notFound: 0 }] },
    });
    const [, detection] = hotSpot.tables!([told]);
    expect(detection!.rows).toEqual([['flash', '1,000', '4', '1.000', '0.980', '590', '790', '0']]);
  });

  test('count a post that was cured although it was not viral', () => {
    const { hotSpot: facts } = EXPECTED[0]!;
    const decided = { kind: 'decided', cure: 'split' } as const;
    const events = [
      { ...decided, atS: 5, post: 'p05000' },
      { ...decided, atS: 15, post: 'p05000' },
      { ...decided, atS: 15, post: 'p00000' },
      { ...decided, atS: 25, post: 'p05000', cure: 'take-back' as const },
    ];
    expect(falseAlarms({ ...facts!, events })).toBe(2);
  });
});
