import { describe, expect, test } from 'vitest';
import type { Located, Needs } from '../../experiments/choose-cell.ts';
import { latencyCell, rateCell } from '../../experiments/choose-speed.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { pacedResult } from '../lab/made-paced.ts';
import { madeRates, madeResult } from '../lab/made-result.ts';

const NEEDS: Needs = {
  ...{ likesPerS: 500, ordered: false, survive: 'none', reRead: false },
  ...{ skills: [], objectiveMs: 250 },
};
const KAFKA = { broker: 'kafka', tier: 'kill' } as const;
const located = (...results: TrialResult[]): Located[] =>
  results.map((result, place) => ({ result, path: `results/${place}.json` }));

/** Steps of a search as they are kept: rates that hold, and the border that failed twice. */
function searched(capacity: number, objectiveMs = 250): TrialResult[] {
  const fails = Math.round(capacity * 1.04);
  return [capacity, fails, fails].map((likesPerS, place) =>
    pacedResult(likesPerS, likesPerS > capacity ? 5_000 : 40, {
      experiment: 'capacity-curve',
      capacity: { objectiveMs, probe: { step: place + 1, reason: 'made' } },
    }),
  );
}

const maximum = (sustainedLikesPerS: number) =>
  madeResult({ rates: madeRates({ sustainedLikesPerS }) });

describe('the rate', () => {
  test('is that of the capacity, where there is one, and not the own maximum', () => {
    const own = located(maximum(90_000), ...searched(400));
    expect(rateCell(KAFKA, own, NEEDS)).toEqual({
      state: 'no',
      reason: 'its capacity with p99 within 250 ms is 400/s, then p99 fails',
      source: 'results/1.json',
    });
    expect(rateCell(KAFKA, located(...searched(4_000)), NEEDS).state).toBe('yes');
  });

  test('of a capacity under another objective tells only one way', () => {
    const strict = searched(400, 100);
    // 400/s within 100 ms say nothing of 500/s within 250 ms; 4,000/s within 100 ms do.
    expect(rateCell(KAFKA, located(...strict), NEEDS).state).toBe('unknown');
    expect(rateCell(KAFKA, located(...searched(4_000, 100)), NEEDS).state).toBe('yes');
    expect(rateCell(KAFKA, located(...searched(4_000, 900)), NEEDS).state).toBe('unknown');
    expect(rateCell(KAFKA, located(...searched(400, 900)), NEEDS).state).toBe('no');
  });

  test('of a search that a late generator ended is no limit of a broker', () => {
    const late = { numbersValid: false, numbersStruck: ['generator late: p99 20 ms behind'] };
    const ended = searched(400).map((result) =>
      result.plan.likesPerS === 400
        ? result
        : { ...pacedResult(416, 40, late), capacity: result.capacity },
    );
    expect(rateCell(KAFKA, located(...ended, maximum(9_000)), NEEDS)).toMatchObject({
      state: 'yes',
      reason: 'its own maximum with both sides at work was 9,000/s',
    });
  });

  test('is that of the own maximum where no capacity was looked for', () => {
    expect(rateCell(KAFKA, located(maximum(501)), NEEDS)).toMatchObject({ state: 'yes' });
    expect(rateCell(KAFKA, located(maximum(499)), NEEDS)).toMatchObject({ state: 'no' });
  });

  test('is taken from no number that was struck out, nor from trials that ran side by side', () => {
    const struck = { ...maximum(9_000), numbersValid: false, numbersStruck: ['late'] };
    const beside = { ...maximum(9_000), experiment: 'faults' };
    expect(rateCell(KAFKA, located(struck, beside), NEEDS).state).toBe('unknown');
  });
});

describe('the latency', () => {
  test('at a higher rate speaks for the asked one, and at a lower one against it', () => {
    const cellAt = (likesPerS: number, p99Ms: number) =>
      latencyCell(KAFKA, located(pacedResult(likesPerS, p99Ms)), NEEDS).state;
    expect(cellAt(500, 250)).toBe('yes');
    expect(cellAt(2_000, 30)).toBe('yes');
    expect(cellAt(100, 30)).toBe('unknown');
    expect(cellAt(100, 300)).toBe('no');
    expect(cellAt(2_000, 300)).toBe('unknown');
  });

  test('that is contradictory is decided by the newest trial, which names the other', () => {
    const old = pacedResult(500, 900, { run: 'a', startedAt: '2026-01-01T00:00:00.000Z' });
    const young = pacedResult(1_000, 20, { run: 'b', startedAt: '2026-02-01T00:00:00.000Z' });
    expect(latencyCell(KAFKA, located(young, old), NEEDS)).toEqual({
      state: 'yes',
      reason: 'p99 20 ms at 1,000/s; an older trial says otherwise: p99 900 ms at 500/s',
      source: 'results/0.json',
    });
    const turned = { ...old, startedAt: '2026-03-01T00:00:00.000Z' };
    expect(latencyCell(KAFKA, located(young, turned), NEEDS)).toMatchObject({ state: 'no' });
  });

  test('of repeats is their median, and no struck number is one of them', () => {
    const three = [20, 900, 30].map((p99Ms) => pacedResult(500, p99Ms));
    expect(latencyCell(KAFKA, located(...three), NEEDS).reason).toBe('p99 30 ms at 500/s');
    const struck = pacedResult(500, 5, { numbersValid: false, numbersStruck: ['late'] });
    expect(latencyCell(KAFKA, located(struck), NEEDS).state).toBe('unknown');
  });
});
