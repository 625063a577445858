import { describe, expect, test } from 'vitest';
import type { Located, Needs } from '../../experiments/choose-cell.ts';
import { orderCell, survivalCell } from '../../experiments/choose-counts.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madeFaults, madeStrike, struckResult } from '../lab/made-faults.ts';
import { cleanLedger, madePlan, madeResult } from '../lab/made-result.ts';

const NEEDS: Needs = {
  ...{ likesPerS: 500, ordered: true, survive: 'kill', reRead: false },
  ...{ skills: [], objectiveMs: 250 },
};
const POWER: Needs = { ...NEEDS, survive: 'power' };
const KAFKA = { broker: 'kafka', tier: 'kill' } as const;
const AT_POWER = { ...KAFKA, tier: 'power' } as const;

const located = (...results: TrialResult[]): Located[] =>
  results.map((result, place) => ({ result, path: `results/${place}.json` }));

function ordering(consumers: number, changed: Partial<TrialResult> = {}): TrialResult {
  const plan = { ...madePlan('sustained'), consumers };
  return madeResult({ experiment: 'ordering', plan, ...changed });
}

describe('order', () => {
  test('is kept where several consumers got all likes of each post in order', () => {
    expect(orderCell(KAFKA, located(ordering(2)), NEEDS)).toEqual({
      state: 'yes',
      reason: '0 of 100 likes out of order with 2 consumers',
      source: 'results/0.json',
    });
  });

  test('that was only tried with one consumer is not measured: most lose it with two', () => {
    expect(orderCell(KAFKA, located(ordering(1)), NEEDS).state).toBe('unknown');
  });

  test('of another tier stands in, and says so', () => {
    const cell = orderCell(AT_POWER, located(ordering(2)), NEEDS);
    expect(cell.reason).toMatch(/measured at tier kill$/);
  });

  test('that is promised is refuted by one trial, whatever the others say', () => {
    const disordered = ordering(2, { ledger: cleanLedger({ inversions: 7 }) });
    expect(orderCell(KAFKA, located(ordering(2), disordered, ordering(4)), NEEDS)).toEqual({
      state: 'no',
      reason: 'an order per post is promised, yet 7 of 100 likes out of order',
      source: 'results/1.json',
    });
  });

  test('that nobody promises does not fit, also where none was seen broken', () => {
    const promises = { order: 'none', delivery: 'at-least-once', source: 'a page' } as const;
    const cell = orderCell(KAFKA, located(ordering(2, { promises })), NEEDS);
    expect(cell).toMatchObject({ state: 'no', source: 'a page' });
  });

  test('of a trial that could not be judged says nothing', () => {
    expect(orderCell(KAFKA, located(ordering(2, { verdict: 'unknown' })), NEEDS).state).toBe(
      'unknown',
    );
  });
});

describe('survival', () => {
  const killed = (changed: Partial<TrialResult> = {}) =>
    struckResult(madeFaults('server-kill', [madeStrike(), madeStrike()]), changed);
  const lost = cleanLedger({ ok: 110, lost: 4 });

  test('of kills is told with how many there were', () => {
    expect(survivalCell(KAFKA, located(killed(), killed()), NEEDS)).toEqual({
      state: 'yes',
      reason: '0 of 220 acknowledged likes lost by 4 × a SIGKILL of the server',
      source: 'results/0.json',
    });
  });

  test('that is contradictory is no: a loss is not undone by trials that lost none', () => {
    const cell = survivalCell(KAFKA, located(killed(), killed({ ledger: lost }), killed()), NEEDS);
    expect(cell).toEqual({
      state: 'no',
      reason:
        '4 of 110 acknowledged likes lost by a SIGKILL of the server, although tier kill ' +
        'promises none; 2 other trials lost none, which does not undo it',
      source: 'results/1.json',
    });
  });

  test('of a kill says nothing of a power cut, and a tier below power promises none', () => {
    expect(survivalCell(AT_POWER, located(killed({ tier: 'power' })), POWER).state).toBe('unknown');
    const cut = struckResult(madeFaults('power-cut'), { ledger: lost });
    expect(survivalCell(KAFKA, located(cut), POWER)).toEqual({
      state: 'no',
      reason:
        'tier kill promises nothing for a power cut; measured: 4 of 110 acknowledged likes lost',
      source: 'results/0.json',
    });
  });

  test('is unknown where the fault could not be tested, with why, or proved nothing', () => {
    const whyNot = 'its files are written in place';
    const not = struckResult(madeFaults('power-cut', [], { whyNot }), {
      verdict: 'unknown',
      tier: 'power',
    });
    expect(survivalCell(AT_POWER, located(not), POWER)).toEqual({
      state: 'unknown',
      reason: `not tested: ${whyNot}`,
      source: 'results/0.json',
    });
    const vague = struckResult(madeFaults('power-cut'), { verdict: 'unknown', tier: 'power' });
    expect(survivalCell(AT_POWER, located(vague), POWER).state).toBe('unknown');
  });

  test('of everysec is not promised for a kill, since a late fsync loses up to two seconds', () => {
    const redis = { broker: 'redis-streams', tier: 'everysec' } as const;
    expect(survivalCell(redis, located(killed()), NEEDS)).toMatchObject({
      state: 'no',
      reason: 'up to the last 2 s may be lost when an fsync is late',
    });
  });
});
