/** Results of several runs of the same thing, which differ in one figure. */
import type { TrialResult } from '../../lab/trial-result.ts';
import { madePlan, madeRates, madeResult } from './made-result.ts';

export function sustainedRuns(
  broker: string,
  rates: readonly number[],
  changed: Partial<TrialResult> = {},
): TrialResult[] {
  return rates.map((sustainedLikesPerS) =>
    madeResult({ broker, rates: madeRates({ sustainedLikesPerS }), ...changed }),
  );
}

export function pacedRuns(
  broker: string,
  p99Ms: readonly number[],
  changed: Partial<TrialResult> = {},
): TrialResult[] {
  return p99Ms.map((ms) =>
    madeResult({
      broker,
      experiment: 'latency',
      plan: { ...madePlan('paced'), pace: '100/s' },
      latencies: madeLatencies(ms * 1_000),
      ...changed,
    }),
  );
}

function madeLatencies(p99Us: number): NonNullable<TrialResult['latencies']> {
  const latency = {
    ...{ samples: 400, meanUs: p99Us / 3, p50Us: p99Us / 4, p90Us: p99Us / 2, p99Us },
    ...{ maxUs: p99Us * 2, notPositive: 0, tooLong: 0, histogram: '' },
  };
  return {
    ...{ dueToVisible: latency, dueToSent: latency, sentToDelivered: latency },
    ...{ deliveredToVisible: latency, sentToAcknowledged: latency, likesDue: 400 },
  };
}

/** Six runs around 1, some per cent apart; times a mean they are those of a calm subject. */
export const SIX = [0.98, 1.01, 1.0, 1.02, 0.99, 1.015];
/** The same in another order and a little off, as another six runs of the same would be. */
export const SIX_AGAIN = [1.005, 0.985, 1.01, 0.995, 1.02, 1.0];

export const times = (factor: number, runs: readonly number[]) => runs.map((run) => run * factor);
