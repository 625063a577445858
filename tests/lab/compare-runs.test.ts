import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRuns } from '../../lab/compare-runs.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { cleanLedger, madePlan, madeRates, madeResult } from './made-result.ts';
import { LIMITS, madeRun, SIX, times, trialsAt } from './made-run.ts';

function compared(
  a: readonly TrialResult[],
  b: readonly TrialResult[],
  limits: Partial<typeof LIMITS> = {},
) {
  return compareRuns(madeRun(a), madeRun(b, { run: 'run-2' }), { ...LIMITS, ...limits });
}

describe('a figure over six runs a side', () => {
  test('that fell by 20 % is a regression', () => {
    const { outcome, numbers, blind } = compared(trialsAt(SIX), trialsAt(times(0.8)));
    expect(outcome).toBe('regression');
    expect(blind).toEqual([]);
    expect(numbers).toMatchObject([{ metric: 'sustained', verdict: 'worse', isRegression: true }]);
    expect(numbers[0]!.changePercent).toBeCloseTo(-20, 5);
    expect(numbers[0]!.intervalPercent!.high).toBeLessThan(-15);
  });

  test('that fell by 0.5 % is a tie, and one that fell by 1 % is no regression either', () => {
    const { outcome, numbers } = compared(trialsAt(SIX), trialsAt(times(0.995)));
    expect(numbers).toMatchObject([{ verdict: 'tie', isRegression: false, mayHideOne: false }]);
    expect(outcome).toBe('no regression');
    expect(compared(trialsAt(SIX), trialsAt(times(0.99))).outcome).toBe('no regression');
  });

  test('that is worse within the tolerance is called worse, and is no regression', () => {
    const { outcome, numbers } = compared(trialsAt(SIX), trialsAt(times(0.96)));
    expect(numbers).toMatchObject([{ verdict: 'worse', isRegression: false }]);
    expect(outcome).toBe('no regression');
    const strict = compared(trialsAt(SIX), trialsAt(times(0.96)), { tolerance: 0.02 });
    expect(strict.outcome).toBe('regression');
  });

  test('that rose is better, and a time that rose is worse', () => {
    const better = compared(trialsAt(SIX), trialsAt(times(1.2)));
    expect(better.numbers).toMatchObject([{ verdict: 'better', isRegression: false }]);
    const cpu = (values: readonly number[]) => values.map((us) => madeResult(costing(us)));
    const slower = compared(cpu(SIX), cpu(times(1.2)));
    expect(slower.outcome).toBe('regression');
    const rows = slower.numbers.map(({ metric, verdict }) => [metric, verdict]);
    expect(rows).toEqual([
      ['cpu', 'worse'],
      ['sustained', 'tie'],
    ]);
  });

  test('whose runs are far apart is a tie that may hide a regression', () => {
    const wide = [600, 800, 1_000, 1_200, 1_400, 1_600];
    const { numbers } = compared(trialsAt(wide), trialsAt(wide));
    expect(numbers).toMatchObject([{ verdict: 'tie', mayHideOne: true }]);
  });
});

describe('what cannot be told', () => {
  test('is a figure with fewer than six runs on a side; the run then is blind', () => {
    const { outcome, numbers, blind } = compared(trialsAt(SIX), trialsAt(SIX.slice(0, 3)));
    expect(numbers).toMatchObject([{ verdict: 'cannot tell', isRegression: false }]);
    expect(numbers[0]!.why).toBe('needs 6 runs a side, has A 6, B 3');
    expect(numbers[0]).toMatchObject({ a: { bounds: 'interval' }, b: { bounds: 'range' } });
    expect(outcome).toBe('blind');
    expect(blind).toEqual([expect.stringContaining('--repeats 6')]);
  });

  test('is a figure whose runs do not stand, with the reason', () => {
    const b = trialsAt(SIX).map((result, place) =>
      place === 0 ? { ...result, numbersValid: false, numbersStruck: ['generator late'] } : result,
    );
    const { numbers, struck, outcome } = compared(trialsAt(SIX), b);
    expect(numbers[0]!.why).toBe('needs 6 runs a side, has A 6, B 5 standing of 6');
    expect(struck).toEqual(['B 001-kafka-kill-sustained: generator late']);
    expect(outcome).toBe('blind');
  });

  test('is a figure of 0, which has no ratio', () => {
    const { numbers } = compared(trialsAt(SIX), trialsAt([0, ...SIX.slice(1)]));
    expect(numbers).toMatchObject([{ verdict: 'cannot tell', why: 'a figure of 0 has no ratio' }]);
  });

  test('is no matter where another figure is told', () => {
    const few = trialsAt(SIX.slice(0, 2), { tier: 'power' });
    const { outcome } = compared([...trialsAt(SIX), ...few], [...trialsAt(SIX), ...few]);
    expect(outcome).toBe('no regression');
  });

  test('is a trial that A judged and B did not, even where all figures are told', () => {
    const broken = unjudged({ experiment: 'ordering' });
    const a = [...trialsAt(SIX), madeResult({ experiment: 'ordering', rates: undefined })];
    const { outcome, blind } = compared(a, [...trialsAt(SIX), broken]);
    expect(outcome).toBe('blind');
    expect(blind).toEqual([expect.stringMatching(/ordering.* was judged in A: B .*a worker died/)]);
  });

  test('is all of it when no trial was judged on both sides', () => {
    const { outcome, blind } = compared(trialsAt(SIX), [unjudged()]);
    expect(outcome).toBe('blind');
    expect(blind[0]).toMatch(/no trial could be judged on both sides/);
  });

  test('is what an unfinished run lacks', () => {
    const other = trialsAt(SIX, { experiment: 'ordering' });
    const a = madeRun([...trialsAt(SIX), ...other]);
    const b = madeRun(trialsAt(SIX), { run: 'run-2', complete: false });
    const found = compareRuns(a, b, LIMITS);
    expect(found.outcome).toBe('blind');
    expect(found.onlyInA).toMatchObject([{ broker: 'kafka', trial: 'ordering, sustained' }]);
    const finished = compareRuns(a, { ...b, index: { ...b.index, complete: true } }, LIMITS);
    expect(finished.outcome).toBe('no regression');
    expect(finished.onlyInA).toHaveLength(1);
  });
});

describe('promises', () => {
  const lost = failed('3 lost: acknowledged, never counted', { lost: 3 });

  test('kept in A and broken in B are a regression, whatever the numbers say', () => {
    const b = trialsAt(times(2)).map((result, place) =>
      place === 4 ? { ...result, ...lost } : result,
    );
    const { outcome, promises } = compared(trialsAt(SIX), b);
    expect(outcome).toBe('regression');
    expect(promises).toMatchObject([
      {
        outcome: 'newly broken',
        b: { pass: 5, fail: 1 },
        evidence: ['B 005-kafka-kill-sustained: 3 lost: acknowledged, never counted'],
      },
    ]);
  });

  test('broken in both in the same way are no regression, in another way they are', () => {
    const a = [madeResult({ ...lost, rates: undefined })];
    const more = failed('90 lost: acknowledged, never counted', { lost: 90 });
    expect(compared(a, [madeResult(more)])).toMatchObject({
      outcome: 'no regression',
      promises: [{ outcome: 'still broken' }],
    });
    const other = failed('1 double effects: counted twice', { doubleEffects: 1 });
    expect(compared(a, [madeResult(other)])).toMatchObject({
      outcome: 'regression',
      promises: [{ outcome: 'newly broken' }],
    });
  });

  test('broken in B where A could not be judged count as newly broken', () => {
    expect(compared([unjudged()], [madeResult(lost)]).outcome).toBe('regression');
  });

  test('broken in A and kept in B are mended', () => {
    const { promises } = compared([madeResult(lost)], [madeResult()]);
    expect(promises).toMatchObject([
      { outcome: 'mended', evidence: [expect.stringMatching(/^A /)] },
    ]);
  });

  test('stand by what matters: newly broken first, kept last', () => {
    const of = (experiment: string, changed: Partial<TrialResult> = {}) =>
      madeResult({ experiment, ...changed });
    const a = [of('one'), of('two', lost), of('three'), of('four')];
    const b = [of('one'), of('two'), of('three', { verdict: 'unknown' }), of('four', lost)];
    const { promises } = compared(a, b);
    expect(promises.map(({ outcome }) => outcome)).toEqual([
      'newly broken',
      'cannot tell',
      'mended',
      'kept',
    ]);
  });

  test('of a fault that says nothing on either side are left out', () => {
    const nothing = unjudged({ experiment: 'faults' });
    const { promises } = compared([madeResult(), nothing], [madeResult(), nothing]);
    expect(promises).toMatchObject([{ outcome: 'kept' }]);
  });
});

describe('two runs', () => {
  test('without anything in common are refused, with what each has', () => {
    const other = [madeResult({ broker: 'bullmq' })];
    expect(() => compared([madeResult()], other)).toThrow(
      /run-1 and run-2 have no trial in common: .*kafka kill throughput.*bullmq kill throughput/,
    );
    expect(() => compared([madeResult()], other)).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  test('one of which holds no trial are refused by its name', () => {
    expect(() => compared([madeResult()], [])).toThrow(/run-2 holds no trial/);
  });

  test('are sorted by what matters: regressions, worse, cannot tell, better, tie', () => {
    const at = (experiment: string, factor: number, runs = 6) =>
      trialsAt(times(factor).slice(0, runs), { experiment });
    const names = ['tie', 'better', 'few', 'slightly', 'much', 'more'];
    const a = names.flatMap((name) => at(name, 1, name === 'few' ? 1 : 6));
    const factors = { tie: 1, better: 1.3, few: 1, slightly: 0.96, much: 0.9, more: 0.5 };
    const b = Object.entries(factors).flatMap(([name, factor]) => at(name, factor));
    const { numbers, numbersTold, falseAlarmsMax } = compared(a, b);
    expect(numbers.map(({ trial }) => trial.split(',')[0])).toEqual([
      ...['more', 'much', 'slightly', 'few', 'better', 'tie'],
    ]);
    expect(numbersTold).toBe(5);
    expect(falseAlarmsMax).toBeCloseTo(5 * 0.025, 9);
  });

  test('that are one and the same never show a regression', () => {
    fc.assert(
      fc.property(fc.array(anyTrial, { minLength: 1, maxLength: 30 }), (results) => {
        const { outcome, promises, numbers, onlyInA, onlyInB } = compared(results, results);
        expect(outcome).not.toBe('regression');
        expect(promises.map((row) => row.outcome)).not.toContain('newly broken');
        for (const { verdict } of numbers) expect(['tie', 'cannot tell']).toContain(verdict);
        expect([...onlyInA, ...onlyInB]).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

function costing(us: number): Partial<TrialResult> {
  const usage = {
    ...{ cpuUs: 1, coreShare: 0.1, memoryBytesMax: 1, eventLoopDelayMsP99: 1 },
    memoryBytesMaxByHalf: [1, 1] as [number, number],
  };
  return {
    resources: {
      ...{ producer: usage, consumers: [usage], storeDiskBytes: 1, likesPerStoreTransaction: 1 },
      ...{ producerCpuUsPerLike: us, consumerCpuUsPerLike: us, serverCpuUsPerLike: us },
      generatorLagUsP99: 0,
    },
  };
}

function failed(reason: string, found: Parameters<typeof cleanLedger>[0]): Partial<TrialResult> {
  return {
    ...{ verdict: 'fail', reasons: [reason, 'and something odd'], numbersValid: false },
    ledger: cleanLedger(found),
    numbersStruck: [reason],
  };
}

/** As a trial that broke off leaves it: its broker's habits were never asked for. */
function unjudged(changed: Partial<TrialResult> = {}): TrialResult {
  const { ledger: _ledger, rates: _rates, ...rest } = madeResult();
  return {
    ...rest,
    plan: { ...rest.plan, likesPerSend: undefined, sendsInFlight: undefined },
    ...{ verdict: 'unknown', reasons: ['a worker died'], numbersValid: false, settings: {} },
    numbersStruck: ['a worker died'],
    ...changed,
  };
}

const anyTrial = fc
  .record({
    broker: fc.constantFrom('kafka', 'sqs'),
    mode: fc.constantFrom('sustained' as const, 'publish-then-count' as const),
    rate: fc.double({ min: 0, max: 1e6, noNaN: true }),
    verdict: fc.constantFrom('pass' as const, 'pass' as const, 'fail' as const, 'unknown' as const),
    lost: fc.nat({ max: 3 }),
    valid: fc.boolean(),
  })
  .map(({ broker, mode, rate, verdict, lost, valid }) =>
    madeResult({
      ...{ broker, verdict, plan: madePlan(mode), ledger: cleanLedger({ lost }) },
      reasons: verdict === 'fail' ? [`${lost} lost: acknowledged, never counted`] : [],
      numbersValid: valid && verdict === 'pass',
      rates: madeRates({ sustainedLikesPerS: rate, publishedLikesPerS: rate }),
    }),
  );
