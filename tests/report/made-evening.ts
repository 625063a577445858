/** Results of a run with the profile `full`: repeats, twins, capacities and what the lab adds. */
import { LAB_CEILING } from '../../lab/lab-bound.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { waysEvening } from '../experiments/made-ways.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';
import { SIX, SIX_AGAIN, times } from '../lab/made-runs.ts';
import { paced, rated, soundBroker } from './made-data.ts';

/** The same broker under its other name. */
export const ALIAS = 'redis-streams (again)';
export const OBJECTIVE_MS = 100;

function latencyOf(us: number) {
  return {
    ...{ samples: 100, meanUs: us, p50Us: us, p90Us: us, p99Us: us, maxUs: us },
    ...{ notPositive: 0, tooLong: 0, histogram: '' },
  };
}

/** A search that finds the rate, and three points: two below it and one at saturation. */
export function searched(broker: string, capacityLikesPerS: number): TrialResult[] {
  const rates = [0.5, 1, 1.05, 1.05].map((share) => Math.round(share * capacityLikesPerS));
  const made = { experiment: 'capacity-curve', broker };
  const probes = rates.map((rate, place) =>
    paced(rate, rate > capacityLikesPerS ? 900 : 30, {
      ...{ ...made, trial: `probe-${broker}-${place}` },
      capacity: { objectiveMs: OBJECTIVE_MS, probe: { step: place + 1, reason: 'made' } },
      plan: { ...madePlan('paced'), likesPerS: rate, pace: `${rate}/s, a step of the search` },
    }),
  );
  const points = [0.25, 0.75, 1.1].map((share) => {
    const likesPerS = Math.round(share * capacityLikesPerS);
    return paced(likesPerS, share > 1 ? 950 : 20 * share, {
      ...{ ...made, trial: `point-${broker}-${share}` },
      capacity: { objectiveMs: OBJECTIVE_MS, point: { capacityLikesPerS, share } },
      plan: { ...madePlan('paced'), likesPerS, pace: `${share * 100} % of capacity` },
    });
  });
  return [...probes, ...points];
}

function calibrated(): TrialResult[] {
  const made = { experiment: 'calibration', broker: LAB_CEILING, tier: 'memory' } as const;
  const added = { toDelivered: latencyOf(700), toVisible: latencyOf(1_300) };
  const service = { distribution: 'exponential', meanUs: 1_000, seed: 1 } as const;
  const predicted = { meanUs: 2_000, p99Us: 9_000 };
  return [
    madeResult({
      ...{ ...made, trial: 'empty', addedLatency: added },
      plan: { ...madePlan('paced'), likesPerS: 5_000 },
    }),
    madeResult({
      ...{ ...made, trial: 'served' },
      plan: { ...madePlan('paced'), likesPerS: 500, arrivals: 'poisson', service },
      addedLatency: {
        ...added,
        queue: {
          ...{ load: 0.5, measured: predicted, sameDraws: predicted },
          longRun: { ...predicted, meanErrorUs: 20, p99ErrorUs: 90 },
        },
      },
    }),
  ];
}

const again = (name: string, make: (changed: { trial: string }, place: number) => TrialResult) =>
  SIX.map((_, place) => make({ trial: `${name}-${place}` }, place));

/** All that one run of the profile `full` shows. */
export function evening(): TrialResult[] {
  const sound = ['kafka', 'redis-streams'].flatMap((broker) =>
    soundBroker(broker).filter(({ experiment }) => experiment !== 'throughput'),
  );
  const runsOf = (broker: string, rates: readonly number[], alias?: string) =>
    again(`${broker}${alias ?? ''}`, ({ trial }, place) =>
      rated(rates[place]!, { broker, trial, ...(alias !== undefined && { alias }) }),
    );
  return [
    ...sound,
    ...runsOf('kafka', times(99_000, SIX)),
    ...runsOf('redis-streams', times(80_000, SIX)),
    ...runsOf('redis-streams', times(80_000, SIX_AGAIN), ALIAS),
    ...searched('kafka', 40_000),
    ...searched('redis-streams', 60_000),
    ...calibrated(),
    ...waysEvening(),
  ];
}
