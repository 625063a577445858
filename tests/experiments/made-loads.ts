/** Results of `sharding` as a calculation or a trial makes them. */
import type { CalculatedLoads } from '../../lab/sharding-schema.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madePlan, madeRates, madeResult } from '../lab/made-result.ts';

const SHARDS = [2, 4, 8, 16, 32, 64];

/** The same ratio for any number of shards. */
export interface Ratios {
  readonly likes: number;
  readonly worst?: number;
  readonly posts?: number;
}

/** A calculation of a workload: largest over mean by routing. */
export function calculated(
  stream: string,
  routings: Readonly<Record<string, Ratios>>,
  changed: Partial<CalculatedLoads> = {},
): TrialResult {
  const all = (ratio: number) => SHARDS.map(() => ratio);
  return madeResult({
    ...{ experiment: 'sharding', broker: 'null', tier: 'memory', trial: `calculated-${stream}` },
    plan: madePlan('calculation'),
    ...{ ledger: undefined, rates: undefined },
    calculatedLoads: {
      ...{ stream, sent: 1_000, posts: 90, shards: SHARDS },
      routings: Object.entries(routings).map(([routing, { likes, worst = likes, posts = 1 }]) => ({
        routing,
        postRatios: all(posts),
        ratios: all(likes),
        ratiosWorstTenth: all(worst),
        bars: [400, 100, 100, 100, 100, 100, 50, 50],
      })),
      topPost: { share: 0.2, shareWorstTenth: 0.5 },
      ...changed,
    },
  });
}

/** A closed-loop trial under the modelled limit; a stream is such as `newest` or `zipf 1.2`. */
export function sharded(
  stream: string,
  routing: string,
  sustainedLikesPerS: number,
  changed: Partial<TrialResult> = {},
): TrialResult {
  const [name = '', exponent] = stream.split(' ');
  const variant = exponent === undefined ? {} : { variant: `exponent ${exponent}, authors` };
  const limit = { transactionsPerSMax: 100, likesPerTransactionMax: 50 };
  return madeResult({
    ...{ experiment: 'sharding', trial: `sharded-${stream}-${routing}` },
    plan: { ...madePlan('sustained'), sharding: { routing: { name: routing }, ...limit } },
    workload: { name, ...variant, likes: 100, seed: 1, hash: 'abc' },
    rates: madeRates({ sustainedLikesPerS }),
    shardLoads: { transactions: [6, 2, 2, 2], likesRatio: 2, transactionsRatio: 2, hottest: 0 },
    ...changed,
  });
}
