import { describe, expect, test } from 'vitest';
import type { Tier } from '../../brokers/servers/server.ts';
import { faults } from '../../experiments/faults.ts';
import type { Step } from '../../lab/experiment.ts';
import { FAULTS, faultNamed } from '../../lab/faults/index.ts';
import { type Job, schedule } from '../../lab/schedule.ts';
import type { Table } from '../../lab/table.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madeFaults, madeStrike, struckResult } from '../lab/made-faults.ts';
import { cleanLedger, madePlan, madeResult } from '../lab/made-result.ts';
import { CEILING, orderOf } from './step-order.ts';

const EVERYTHING = FAULTS.map(({ name }) => name);
/** The most of a trial; more would be too long to repeat one by its seed. */
const MOST = 20;

function stepsOf(name: string, order: Parameters<typeof orderOf>[0] = {}): readonly Step[] {
  return faults.steps(orderOf({ ...order, faults: [name] }));
}

/** Strikes of each trial of a fault. */
function strikesOf(name: string, order: Parameters<typeof orderOf>[0] = {}): number[] {
  return stepsOf(name, order).map((step) => step.faults!.strikes);
}

describe('the strikes of a cell', () => {
  test.each([
    ['smoke', 'server-kill', [1]],
    ['smoke', 'store-steps', [1]],
    ['quick', 'server-kill', [20]],
    ['quick', 'consumer-kill', [20]],
    ['quick', 'zombie', [20]],
    ['quick', 'server-pause', [5]],
    ['quick', 'producer-kill', [5]],
    // Each of the seven steps once.
    ['quick', 'store-steps', [7]],
    ['full', 'producer-kill', Array(300 / MOST).fill(MOST)],
  ] as const)('are by profile (%s) and fault (%s): %j', (profile, name, strikes) => {
    expect(strikesOf(name, { profile })).toEqual(strikes);
  });

  test('are as many as the user says, in trials of a size that can be repeated', () => {
    expect(strikesOf('server-kill', { strikes: 1 })).toEqual([1]);
    expect(strikesOf('server-kill', { strikes: MOST })).toEqual([MOST]);
    expect(strikesOf('server-kill', { strikes: 2 * MOST + 3 })).toEqual([MOST, MOST, 3]);
    expect(strikesOf('server-kill', { profile: 'smoke', strikes: 3 })).toEqual([3]);
  });

  test('are never fewer than a list of steps is long, but in a cover', () => {
    expect(strikesOf('store-steps', { strikes: 1 })).toEqual([7]);
    expect(strikesOf('store-steps', { strikes: MOST + 2 })).toEqual([MOST, 2]);
    expect(strikesOf('store-steps', { profile: 'smoke', strikes: 1 })).toEqual([1]);
  });

  test('of every fault there is fit into such trials, and are all that is asked', () => {
    for (const name of EVERYTHING) {
      const strikes = strikesOf(name, { strikes: 37 });
      expect(Math.max(...strikes), name).toBeLessThanOrEqual(MOST);
      expect(
        strikes.reduce((sum, count) => sum + count),
        name,
      ).toBe(37);
    }
  });
});

describe('the trials of faults', () => {
  test('have seeds of their own, one after the other, and are run once', () => {
    const steps = stepsOf('server-kill', { strikes: 4 * MOST - 1 });
    expect(steps.map(({ seedAdded }) => seedAdded)).toEqual([0, 1, 2, 3]);
    expect(faults.repeats).toBe(1);
  });

  test('are of all faults, or of those that are asked for, in the order of the matrix', () => {
    const namesOf = (asked?: readonly string[]) => [
      ...new Set(faults.steps(orderOf({ faults: asked })).map((step) => step.faults!.fault.name)),
    ];
    expect(namesOf()).toEqual(EVERYTHING);
    expect(new Set(EVERYTHING).size).toBe(EVERYTHING.length);
    expect(namesOf(['zombie', 'server-kill'])).toEqual(['server-kill', 'zombie']);
  });

  test('are under half of what the broker bears, with a least load by how fast it is', () => {
    const [step] = stepsOf('server-kill', { likesPerSRough: 5_000 });
    expect(step).toMatchObject({ mode: 'faults', rate: { shareOfMaximum: 0.5 } });
    expect(step!.faults!.acknowledgedLeast).toBe(1_000);
    const [slow] = stepsOf('server-kill', { likesPerSRough: 4_999 });
    expect(slow!.faults!.acknowledgedLeast).toBe(100);
    // Trials side by side know no maximum: the rate is well above the least.
    for (const likesPerSRough of [5_000, 4_999]) {
      const [smoke] = stepsOf('server-kill', { likesPerSRough, profile: 'smoke' });
      const { likesPerS } = smoke!.rate as { likesPerS: number };
      expect(likesPerS).toBeGreaterThanOrEqual(2 * smoke!.faults!.acknowledgedLeast);
    }
  });

  test('have as many consumers as the fault needs, two at least', () => {
    for (const fault of FAULTS) {
      const [step] = stepsOf(fault.name);
      expect(step!.consumers, fault.name).toBe(Math.max(2, fault.consumers ?? 0));
    }
    expect(stepsOf('zombie')[0]!.consumers).toBe(3);
  });

  test('leave the ceiling alone: it has nothing to say on survival', () => {
    expect(faults.steps(orderOf(CEILING))).toEqual([]);
  });

  test('kill servers, and a probe of the maximum is no row of their table', () => {
    expect(faults.kills).toBe(true);
    expect(faults.shows!(struckResult(madeFaults('zombie')))).toBe(true);
    expect(faults.shows!(madeResult({ plan: madePlan('publish-then-count') }))).toBe(false);
  });
});

describe('the smoke profile', () => {
  const CONTENDERS = (['kafka', 'redis-streams', 'bullmq', 'sqs'] as const).map((broker) => ({
    broker,
    tier: 'kill' as Tier,
    likesPerSRough: 10_000,
  }));

  function cover(seed: number, profile: 'smoke' | 'quick' = 'smoke'): Job[] {
    const some = { experiments: [faults], contenders: CONTENDERS, likes: undefined, repeats: 1 };
    return schedule({ ...some, profile, seed });
  }
  const cellsOf = (jobs: readonly Job[]) =>
    jobs.map(({ broker, tier, step }) => `${broker} ${tier} ${step.faults!.fault.name}`);

  test('is a cover of thirty trials at most, each of another cell with one strike', () => {
    const jobs = cover(1);
    expect(FAULTS.length * CONTENDERS.length).toBeGreaterThan(30);
    expect(jobs).toHaveLength(30);
    expect(new Set(cellsOf(jobs)).size).toBe(30);
    expect(new Set(jobs.map(({ step }) => step.faults!.strikes))).toEqual(new Set([1]));
  });

  test('is the same with the same seed and another one with another', () => {
    expect(cellsOf(cover(1))).toEqual(cellsOf(cover(1)));
    expect(cellsOf(cover(2)).sort()).not.toEqual(cellsOf(cover(1)).sort());
  });

  test('comes to every cell within a month of seeds, one a day', () => {
    const met = new Set(
      Array.from({ length: 31 }, (_, day) => cellsOf(cover(20_170_901 + day))).flat(),
    );
    expect(met.size).toBe(FAULTS.length * CONTENDERS.length);
  });

  test('is the only one that leaves anything out', () => {
    expect(new Set(cellsOf(cover(1, 'quick'))).size).toBe(FAULTS.length * CONTENDERS.length);
  });
});

describe('the matrix', () => {
  const killed = (changed: Partial<TrialResult>, strikes = [madeStrike(), madeStrike()]) =>
    struckResult(madeFaults('server-kill', strikes), changed);
  const bare = (promised: 'nothing' | 'all but 2 s', changed: Partial<TrialResult>) =>
    struckResult(madeFaults('server-kill', [madeStrike(), madeStrike()], { promised }), {
      ...{ broker: 'redis-streams', ...changed },
    });
  const whyNot = 'its process is not on this machine';
  const VOID = madeStrike({ doubts: ['the same process was there afterwards'] });
  const RESULTS: TrialResult[] = [
    killed({ broker: 'redis-streams' }),
    bare('nothing', { tier: 'memory', ledger: cleanLedger({ lost: 1_234 }) }),
    bare('all but 2 s', { tier: 'everysec', ledger: cleanLedger({ lost: 7 }) }),
    killed({ verdict: 'fail', reasons: ['3 lost: acknowledged, never counted', 'and more'] }),
    killed({ broker: 'sqs', verdict: 'unknown', reasons: ['void'] }, [VOID]),
    struckResult(madeFaults('zombie', [madeStrike()]), { broker: 'redis-streams' }),
    struckResult(madeFaults('server-pause', [], { whyNot }), {
      ...{ broker: 'sqs', verdict: 'unknown', reasons: [`not tested: ${whyNot}`] },
    }),
  ];
  const [matrix, details] = faults.tables!(RESULTS) as [Table, Table];

  function cellAt(fault: string, subject: string): string {
    const row = matrix.rows.find(([name]) => name === fault)!;
    const column = matrix.heads.findIndex((head) => head.endsWith(subject));
    expect(column).toBeGreaterThan(0);
    return row[column]!;
  }

  test('has a row for each fault in order, a column for each broker and tier', () => {
    expect(matrix.title).toBe(faults.question);
    expect(matrix.rows.map(([fault]) => fault)).toEqual(['server-kill', 'server-pause', 'zombie']);
    expect(matrix.heads).toHaveLength(6);
    expect(matrix.heads[0]).toBe('fault');
    for (const row of matrix.rows) expect(row).toHaveLength(matrix.heads.length);
    expect(matrix.notes).toContain(`zombie: ${faultNamed('zombie').summary}`);
  });

  test.each([
    ['kept, with how often', 'server-kill', 'redis-streams kill', '✔ 2×'],
    ['kept, but for the last moments', 'server-kill', 'redis-streams everysec', '✔ 2× (7 lost)'],
    [
      'nothing promised, with what was lost',
      'server-kill',
      'redis-streams memory',
      'nothing promised: 1,234 lost',
    ],
    [
      'broken, by its first finding',
      'server-kill',
      'kafka kill',
      '**✘ broken** (3 lost: acknowledged, never counted)',
    ],
    ['not judged', 'server-kill', 'sqs kill', 'not judged'],
    ['not tested', 'server-pause', 'sqs kill', 'not tested'],
    ['nothing where nothing was run', 'zombie', 'kafka kill', '–'],
  ])('says: %s', (_, fault, subject, words) => {
    expect(cellAt(fault, subject)).toBe(words);
  });

  test('has below it a row for each cell, with every reason', () => {
    expect(details.rows).toHaveLength(RESULTS.length);
    for (const row of details.rows) expect(row).toHaveLength(details.heads.length);
    expect(details.notes).toHaveLength(4);
    expect(details.notes.join(' ')).toContain(`sqs kill, server-pause: not tested: ${whyNot}`);
  });
});

describe('the row of a cell', () => {
  const strikes = Array.from({ length: 20 }, (_, place) =>
    madeStrike({ inFlight: 3 + place, acknowledgedInSecondBefore: 1_500 - place }),
  );
  const first = struckResult(madeFaults('server-kill', strikes.slice(0, 10)));
  const second = struckResult(
    madeFaults('server-kill', [...strikes.slice(10), madeStrike({ doubts: ['why'] })], {
      drainedMs: 3_500,
    }),
    { workload: { name: 'trending', seed: 2 } },
  );

  function rowOf(results: readonly TrialResult[]): (head: string) => string {
    const [, { heads, rows }] = faults.tables!(results) as [Table, Table];
    expect(rows).toHaveLength(1);
    return (head) => rows[0]![heads.indexOf(head)]!;
  }

  test('is of all its trials, with the bound of 3/n and the seeds that repeat them', () => {
    const cell = rowOf([first, second]);
    expect(cell('promised')).toBe('survival');
    expect(cell('promise')).toBe('kept');
    expect(cell('strikes')).toBe('20 (1)');
    expect(cell('loss chance')).toBe('< 15.0 %');
    expect(cell('attempted')).toBe('240');
    expect(cell('lost')).toBe('0');
    expect(cell('acknowledged/s')).toBe('1,200');
    expect(cell('in flight')).toBe('3, 12');
    expect(cell('drained ms')).toBe('2,500');
    expect(cell('seeds')).toBe('1–2');
    expect(rowOf([second])('seeds')).toBe('2');
  });

  test('has no bound after a loss, and no number that no trial has told', () => {
    expect(rowOf([{ ...first, ledger: cleanLedger({ lost: 1 }) }])('loss chance')).toBe('–');
    const cell = rowOf([{ ...first, faults: madeFaults('server-kill', []), ledger: undefined }]);
    for (const head of ['loss chance', 'lost', 'in flight', 'first delivered ms', 'attempted']) {
      expect(cell(head), head).toBe('–');
    }
  });

  test('has a value in the columns of one trial, too', () => {
    const valueIn = (head: string) =>
      faults.columns.find((column) => column.head === head)!.value(second);
    expect(valueIn('strikes')).toBe('10 (1)');
    expect(valueIn('drained ms')).toBe(3_500);
    expect(faults.rowKey(second).slice(1)).toEqual(['kill', 'server-kill']);
  });
});
