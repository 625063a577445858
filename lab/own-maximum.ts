/**
 * The rate that a broker bears in a run with producers and consumers side by side, from that run's
 * own closed-loop trials. Shares of it are offered, and rates above it are not.
 *
 * Where no sustained trial has been run, it is reckoned from one that published first and counted
 * later: clients, server and store share the cores, so a like that costs 1/published of a second
 * on the one way and 1/counted on the other costs the sum of both. On two cores, in one run, this
 * came within 8 % of what was sustained on Kafka, Redis Streams and BullMQ, above it or below. A
 * short trial of SQS runs on a server that still compiles its code: 839/s instead of 1,646/s.
 */
import { LabError } from './lab-error.ts';
import type { Job } from './schedule.ts';
import { median } from './statistics/median.ts';
import { formatNumber } from './table.ts';
import {
  CONSUMERS_DEFAULT,
  type Contender,
  LANES_DEFAULT,
  type TrialPlan,
  WORKLOAD_DEFAULT,
} from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';

/** What the user chose of a trial's setting; the defaults where undefined. */
type Setting = { [Part in 'consumers' | 'lanes' | 'workload']?: TrialPlan[Part] | undefined };

/** The extra trial that finds a maximum, where none was found yet, lasts about this long a way. */
const PROBE_S = 3;
const PROBE_LIKES_MAX = 100_000;
/** From this share of the maximum on, queues build up and a latency says how long, not how fast. */
const RATE_SHARE_MAX = 0.8;

/** The extra trial that a step needs before it can be a share of the broker's maximum. */
export function probeFor(
  job: Job,
  results: readonly TrialResult[],
  setting: Setting = {},
): Job | undefined {
  const isKnown = closedLoopOf(job, results, setting).length > 0;
  const { rate, mode } = job.step;
  if (rate === undefined || isKnown) return undefined;
  // Nobody asks of a trial that is struck at a fixed rate how far that is from the maximum.
  const hasOwnRate = mode === 'faults' || mode === 'path' || job.step.sharding;
  if (hasOwnRate && 'likesPerS' in rate) return undefined;
  const likes = Math.min(PROBE_LIKES_MAX, Math.round(PROBE_S * job.likesPerSRough));
  // It is no repeat of anything, and whoever runs under two names has one maximum.
  const { alias: _alias, repeatsBefore: _repeatsBefore, ...found } = job;
  return { ...found, step: { mode: 'publish-then-count', likes } };
}

/** Why a step is not worth a trial; undefined when it is. */
export function whyTooMuch(
  job: Job,
  results: readonly TrialResult[],
  setting: Setting = {},
): string | undefined {
  const { rate } = job.step;
  const { mode } = job.step;
  if (rate === undefined || 'shareOfMaximum' in rate || mode === 'faults') return undefined;
  // What the way over HTTP bears no trial of the broker alone tells.
  if (mode === 'path') return undefined;
  // Who looks for the border of what a broker bears has to go beyond it.
  if (job.step.capacity !== undefined) return undefined;
  // Each of its trials has a maximum of its own, by its routing and its shards.
  if (job.step.sharding !== undefined) return undefined;
  const known = ratesOf(job, results, setting);
  if (known.length === 0) return undefined;
  const most = median(known) * RATE_SHARE_MAX;
  if (rate.likesPerS <= most) return undefined;
  return (
    `${formatNumber(rate.likesPerS, 0)} likes/s are more than ${RATE_SHARE_MAX * 100} % of its ` +
    `own maximum of ${formatNumber(median(known), 0)}`
  );
}

/** @throws LabError STALLED when the broker has no valid closed-loop trial in this run. */
export function maximumOf(
  contender: Contender,
  results: readonly TrialResult[],
  setting: Setting = {},
): number {
  const valid = ratesOf(contender, results, setting);
  const known = valid.length > 0 ? valid : struckRatesOf(contender, results, setting);
  if (known.length > 0) return median(known);
  throw new LabError(
    'STALLED',
    `${contender.broker} has no valid maximum in this run, so no share of it can be offered; ` +
      'see the reasons of its closed-loop trial',
  );
}

/** From sustained trials where there are any. */
function ratesOf(
  contender: Contender,
  results: readonly TrialResult[],
  setting: Setting,
): number[] {
  const valid = closedLoopOf(contender, results, setting).filter(
    ({ numbersValid }) => numbersValid,
  );
  return ratesIn(valid);
}

/**
 * Of trials that counted every like and whose numbers do not stand. Such a rate is not printed, but
 * what load to offer it still tells: else one long pause would leave all shares of it untried.
 */
function struckRatesOf(
  contender: Contender,
  results: readonly TrialResult[],
  setting: Setting,
): number[] {
  const struck = closedLoopOf(contender, results, setting).filter(
    ({ verdict, numbersValid }) => verdict === 'pass' && !numbersValid,
  );
  return ratesIn(struck);
}

function ratesIn(valid: readonly TrialResult[]): number[] {
  const sustained = valid.flatMap(({ rates }) => rates?.sustainedLikesPerS ?? []);
  const reckoned = valid.flatMap(({ rates }) => {
    const { publishedLikesPerS: published, countedLikesPerS: counted } = rates ?? {};
    return published && counted ? [(published * counted) / (published + counted)] : [];
  });
  return sustained.length > 0 ? sustained : reckoned;
}

/** With as many consumers and lanes and the same workload as the paced trials will have. */
function closedLoopOf(
  { broker, tier }: Contender,
  results: readonly TrialResult[],
  setting: Setting,
): TrialResult[] {
  const { consumers, lanes, workload } = setting;
  return results.filter(
    (result) =>
      result.broker === broker &&
      result.tier === tier &&
      result.plan.consumers === (consumers ?? CONSUMERS_DEFAULT) &&
      result.plan.lanes === (lanes ?? LANES_DEFAULT) &&
      result.workload.name === (workload ?? WORKLOAD_DEFAULT) &&
      (result.plan.mode === 'sustained' || result.plan.mode === 'publish-then-count'),
  );
}
