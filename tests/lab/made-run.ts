/** Runs as result files hold them, made of results that a test wants to compare. */
import type { Run, RunIndex } from '../../lab/result-files.ts';
import { RESULT_FORMAT, type TrialResult } from '../../lab/trial-result.ts';
import { madeRates, madeResult } from './made-result.ts';

export const LIMITS = { tolerance: 0.05, confidence: 0.95 };

/** Six runs of the same thing, with a spread of a few percent. */
export const SIX = [1_000, 1_010, 990, 1_005, 995, 1_002];

export function madeRun(results: readonly TrialResult[], changed: Partial<RunIndex> = {}): Run {
  const index = {
    format: RESULT_FORMAT as typeof RESULT_FORMAT,
    run: 'run-1',
    startedAt: '2026-01-02T03:04:05.000Z',
    command: 'npm run lab -- throughput',
    profile: 'full',
    complete: true,
    trials: results.map(({ trial }) => `${trial}.json`),
    ...changed,
  };
  return { index, results };
}

/** A trial for each rate, likes sustained per second. */
export function trialsAt(
  rates: readonly number[],
  changed: Partial<TrialResult> = {},
): TrialResult[] {
  return rates.map((sustainedLikesPerS, place) =>
    madeResult({
      trial: `${String(place + 1).padStart(3, '0')}-kafka-kill-sustained`,
      rates: madeRates({ sustainedLikesPerS }),
      ...changed,
    }),
  );
}

export function times(factor: number, values: readonly number[] = SIX): number[] {
  return values.map((value) => value * factor);
}
