import { describe, expect, test } from 'vitest';
import { persistence } from '../../experiments/persistence.ts';
import { PROFILES, type Profile } from '../../lab/experiment.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { cleanLedger, madePlan, madeResult } from '../lab/made-result.ts';
import { CEILING, orderOf } from './step-order.ts';

const RECOVERY: NonNullable<TrialResult['recovery']> = {
  pid: 41,
  endedBy: 'SIGKILL',
  pidAfter: 42,
  acknowledgedInSecondBefore: 1_200,
  inFlightAtKill: 5,
  backlogAtKill: 600,
  queueLost: true,
  consumersReopened: 1,
  lossWindowMs: 700,
  answersMs: 30,
  drainedMs: 1_500,
};

function crashed(changed: Partial<TrialResult> = {}): TrialResult {
  const { rates: _, ...made } = madeResult({ plan: madePlan('crash'), recovery: RECOVERY });
  return { ...made, ...changed };
}

function cellOf(head: string, result: TrialResult): number | string | undefined {
  return persistence.columns.find((column) => column.head === head)!.value(result);
}

describe('the trials of persistence', () => {
  test.each(Object.keys(PROFILES) as Profile[])(
    'kill under half of the load that the broker bears, with time before and after: %s',
    (profile) => {
      const [step, ...more] = persistence.steps(orderOf({ profile }));
      expect(more).toEqual([]);
      expect(step).toMatchObject({ mode: 'crash', rate: { shareOfMaximum: 0.5 } });
      const { killAfterS, holdS } = step!.crash!;
      expect(holdS).toBeGreaterThan(0);
      // A second of load is looked at before the consumers are held.
      expect(killAfterS - holdS).toBeGreaterThan(1);
      expect(step!.measureS).toBeGreaterThan(killAfterS + 1 + 1);
    },
  );

  test('ask for 1,000 acknowledged likes a second, and for 100 of the slow', () => {
    const leastOf = (likesPerSRough: number) =>
      persistence.steps(orderOf({ likesPerSRough }))[0]!.crash!.acknowledgedLeast;
    expect(leastOf(5_000)).toBe(1_000);
    expect(leastOf(4_999)).toBe(100);
  });

  test('leave the ceiling alone: it keeps nothing and says so', () => {
    expect(persistence.steps(orderOf(CEILING))).toEqual([]);
  });
});

describe('the table of persistence', () => {
  test('shows crashes only: a probe of the maximum is no row of it', () => {
    expect(persistence.shows!(crashed())).toBe(true);
    for (const mode of ['publish-then-count', 'sustained', 'paced'] as const) {
      expect(persistence.shows!(madeResult({ plan: madePlan(mode) }))).toBe(false);
    }
  });

  test.each([
    ['memory', 'nothing'],
    ['everysec', 'all but 2 s'],
    ['kill', 'survives'],
    ['power', 'survives'],
  ] as const)('says what an acknowledgement at tier %s is promised: %s', (tier, promised) => {
    expect(cellOf('promised', crashed({ tier }))).toBe(promised);
  });

  test('has what was lost beside what was acknowledged, and how long ago', () => {
    const result = crashed({
      ledger: cleanLedger({ ok: 900, lost: 20, unknown: 7, recovered: 3 }),
    });
    expect(cellOf('acknowledged', result)).toBe(900);
    expect(cellOf('lost', result)).toBe(20);
    expect(cellOf('loss window ms', result)).toBe(700);
    expect(cellOf('unknown', result)).toBe(7);
    expect(cellOf('recovered', result)).toBe(3);
    const kept = crashed({ recovery: { ...RECOVERY, lossWindowMs: undefined } });
    expect(cellOf('loss window ms', kept)).toBeUndefined();
  });

  test('has the proof of the kill as a finding, and times only of what happened', () => {
    expect(cellOf('at the kill', crashed())).toBe('1200/s, 5 under way, 600 waiting');
    expect(cellOf('at the kill', crashed({ recovery: undefined }))).toBeUndefined();
    expect(cellOf('server back ms', crashed())).toBe(30);
    expect(cellOf('first acknowledged ms', crashed())).toBeUndefined();
    expect(cellOf('drained ms', crashed())).toBe(1_500);
    const times = persistence.columns.filter(({ isFinding }) => !isFinding);
    expect(times.map(({ head }) => head)).toEqual([
      'server back ms',
      'first acknowledged ms',
      'first delivered ms',
      'drained ms',
    ]);
  });
});
