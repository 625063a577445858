import { describe, expect, test } from 'vitest';
import { ordering } from '../../experiments/ordering.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { cleanLedger, madePlan, madeResult } from '../lab/made-result.ts';
import { CEILING, orderOf } from './step-order.ts';

function cellOf(head: string, result: TrialResult): number | string | undefined {
  return ordering.columns.find((column) => column.head === head)!.value(result);
}

describe('the trials of ordering', () => {
  test('let users change their minds, and work out what they are left with', () => {
    for (const profile of ['smoke', 'quick', 'full'] as const) {
      const steps = ordering.steps(orderOf({ profile }));
      expect(steps.length).toBeGreaterThan(0);
      for (const step of steps) {
        expect(step).toMatchObject({ mode: 'sustained', workload: 'toggles', checksStates: true });
      }
      // Most systems give up their order with the second consumer.
      expect(Math.max(...steps.map(({ consumers }) => consumers!))).toBeGreaterThan(1);
    }
    expect(ordering.steps(orderOf()).map(({ consumers }) => consumers)).toEqual([1, 2]);
  });

  test('are as many likes as the user says, and none at all on the ceiling', () => {
    const steps = ordering.steps(orderOf({ likes: 1_234 }));
    expect(new Set(steps.map(({ likes }) => likes))).toEqual(new Set([1_234]));
    expect(ordering.steps(orderOf(CEILING))).toEqual([]);
  });
});

describe('the table of ordering', () => {
  test('has a row for each number of consumers', () => {
    const keys = [1, 3].map((consumers) =>
      ordering.rowKey(madeResult({ plan: { ...madePlan('sustained'), consumers } })),
    );
    expect(keys).toEqual([
      ['kafka', 'kill', '1'],
      ['kafka', 'kill', '3'],
    ]);
  });

  test('tells inversions per million counted, and nothing where nothing was counted', () => {
    const head = 'inversions per million';
    const inverted = cleanLedger({ counted: 40_000, inversions: 3, inversionSeqsMax: 9 });
    expect(cellOf(head, madeResult({ ledger: inverted }))).toBe(75);
    expect(cellOf('largest displacement', madeResult({ ledger: inverted }))).toBe(9);
    expect(cellOf(head, madeResult({ ledger: cleanLedger({ counted: 0 }) }))).toBeUndefined();
    expect(cellOf(head, madeResult({ ledger: undefined }))).toBeUndefined();
  });

  test('has each rule of a store under its own head', () => {
    const states = { states: 50, wrongByArrival: 4, wrongByFirstArrival: 3, wrongByVersion: 2 };
    const result = madeResult({ states });
    expect(cellOf('states', result)).toBe(50);
    expect(cellOf('wrong by last arrival', result)).toBe(4);
    expect(cellOf('wrong by first arrivals', result)).toBe(3);
    expect(cellOf('wrong by version', result)).toBe(2);
    expect(cellOf('wrong by version', madeResult())).toBeUndefined();
  });

  test('strikes out no finding: an order that is wrong is no number that may be', () => {
    const findings = ordering.columns.filter(({ isFinding }) => isFinding);
    expect(findings).toEqual(ordering.columns);
  });
});
