import { describe, expect, test } from 'vitest';
import { compareWithCourse } from '../../experiments/course-comparison.ts';
import { overviewOf } from '../../experiments/overview.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { cleanLedger, madePlan, madeRates, madeResult } from '../lab/made-result.ts';

const RECOVERY: NonNullable<TrialResult['recovery']> = {
  pid: 41,
  endedBy: 'SIGKILL',
  pidAfter: 42,
  acknowledgedInSecondBefore: 1_000,
  inFlightAtKill: 10,
  backlogAtKill: 500,
  queueLost: false,
  consumersReopened: 0,
  answersMs: 900,
  firstAcknowledgementMs: 950,
  firstDeliveryMs: 990,
  drainedMs: 2_000,
};

function counted(broker: string, countedLikesPerS: number): TrialResult {
  const rates = madeRates({ countedLikesPerS, publishedLikesPerS: 2 * countedLikesPerS });
  return madeResult({ broker, plan: madePlan('publish-then-count'), rates });
}

function crashed(broker: string, changed: Partial<TrialResult> = {}): TrialResult {
  const plan = madePlan('crash');
  return madeResult({ broker, experiment: 'persistence', plan, recovery: RECOVERY, ...changed });
}

function cellsOf(results: readonly TrialResult[]): Record<string, string> {
  const { heads, rows } = overviewOf(results)!;
  return Object.fromEntries(heads.map((head, place) => [head, rows[0]![place]!]));
}

describe('the overview', () => {
  test('is made of several experiments only', () => {
    expect(overviewOf([counted('kafka', 900)])).toBeUndefined();
    expect(overviewOf([counted('kafka', 900), crashed('kafka')])!.rows).toHaveLength(1);
  });

  test('says how many were lost of how many, and what was promised where it is less', () => {
    const kept = cellsOf([counted('kafka', 900), crashed('kafka')]);
    expect(kept).toMatchObject({ 'correct likes/s': '600', 'survives kill': 'yes: 0 of 100 lost' });
    const lossy = crashed('kafka', { tier: 'memory', ledger: cleanLedger({ lost: 7 }) });
    const lost = cellsOf([{ ...counted('kafka', 900), tier: 'memory' }, lossy]);
    expect(lost['survives kill']).toBe('no: 7 of 100 lost, nothing promised');
  });

  test('calls nothing survived that a void kill did not try', () => {
    const reasons = ['void: no send was under way at the kill'];
    const found = cellsOf([counted('kafka', 900), crashed('kafka', { verdict: 'fail', reasons })]);
    expect(found['survives kill']).not.toContain('yes');
  });

  test('counts the trials that passed, out of all', () => {
    const failed = crashed('kafka', { verdict: 'fail', reasons: ['1 lost'] });
    expect(cellsOf([counted('kafka', 900), failed])['trials passed']).toBe('1 of 2');
  });

  test('names the emulator in the row', () => {
    const emulates = { system: 'Amazon SQS', promise: 'much', source: 'a page' };
    const emulated = (result: TrialResult): TrialResult => ({
      ...result,
      server: { title: 'ElasticMQ', runtime: 'local' },
      promises: { order: 'none', delivery: 'at-least-once', source: 'a page', emulates },
    });
    const results = [counted('sqs', 9), crashed('sqs')].map(emulated);
    expect(cellsOf(results).broker).toBe('sqs (ElasticMQ)');
  });
});

describe('the comparison of the course', () => {
  test('takes its figures from the results, and says where there are none', () => {
    const text = compareWithCourse([counted('kafka', 900), crashed('kafka')]);
    expect(text).toContain('kafka at kill: 0 of 100 acknowledged likes lost by a SIGKILL');
    expect(text).toContain('kafka at kill: 1,800 published/s, 900 counted/s');
    expect(text).toContain('| Ordering | SQS | FIFO |');
    expect(text).toContain('not in these results');
    expect(text).toContain('not measurable here');
  });

  test('shows no struck-out rate, and stays away where neither system was run', () => {
    const late = { ...counted('kafka', 900), numbersValid: false, numbersStruck: ['late'] };
    expect(compareWithCourse([late])).not.toContain('900 counted/s');
    expect(compareWithCourse([counted('bullmq', 9)])).toBe('');
  });
});
