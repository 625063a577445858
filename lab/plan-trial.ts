/** From a step of an experiment, and what the user chose, to the plan of one trial. */
import { basename } from 'node:path';
import type { Step } from './experiment.ts';
import type { Job } from './schedule.ts';
import { describeStore, STORE_DEFAULT } from './store-plan.ts';
import { formatNumber } from './table.ts';
import type { OwnConsumer } from './trial-context.ts';
import {
  CONSUMERS_DEFAULT,
  LANES_DEFAULT,
  type TrialPlan,
  WORKLOAD_DEFAULT,
} from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';

/** Longer than this, no trial goes on for the sake of its samples. */
const MEASURE_S_MAX = 20;

/** A 99th percentile needs 300 samples (lab/audit), and a few likes fall due in the warm-up. */
export const LIKES_MEASURED_LEAST = 320;

/** The part of every plan that the user chose; undefined leaves it to the experiment. */
export type ChosenPlan = Pick<
  TrialPlan,
  'seed' | 'shards' | 'store' | 'backlogBytesMax' | 'data' | 'likesPerSend'
> &
  Partial<Pick<TrialPlan, 'workload'>> & {
    readonly lanes?: number | undefined;
    readonly consumers?: number | undefined;
    /** Trials that run side by side; 1 unless told. */
    readonly parallel?: number | undefined;
  };

/** `maximum`: likes per second of the broker in this run, for steps that offer a share of it. */
export function planOf(job: Job, maximum: number | undefined, chosen: ChosenPlan): TrialPlan {
  const { step } = job;
  const { parallel = 1, ...rest } = chosen;
  const base: TrialPlan = {
    ...rest,
    experiment: job.experiment.name,
    mode: step.mode,
    likes: step.likes,
    ...likesOf(step, chosen),
    lanes: chosen.lanes ?? step.lanes ?? LANES_DEFAULT,
    consumers: consumersOf(step, chosen),
    ...storeOf(step, chosen),
    sharding: step.sharding,
    reads: step.reads,
    checksStates: step.checksStates,
    crash: step.crash,
    faults: step.faults,
    hotSpot: step.hotSpot,
    path: step.path,
    seed: chosen.seed + (step.seedAdded ?? 0),
    ...queueingOf(step, chosen.seed + (step.seedAdded ?? 0)),
  };
  if (step.rate === undefined) return base;
  const { likesPerS, pace: offered } = offeredRate(step.rate, maximum, parallel);
  const pace = [step.pace ?? offered, ...describeQueueing(step)].join(', ');
  const warmUpS = step.warmUpS ?? 0;
  // A share of a maximum that nobody knows is no rate that a result may name.
  if (likesPerS === undefined) return { ...base, warmUpS, pace };
  const likes = Math.ceil(likesPerS * (warmUpS + measuredS(step, likesPerS)));
  return { ...base, likes, likesPerS, warmUpS, pace };
}

/** A calculation is about its own workload, and what is made of one fits no other. */
function likesOf(step: Step, chosen: ChosenPlan): Pick<TrialPlan, 'workload' | 'data' | 'made'> {
  const { workload: own = WORKLOAD_DEFAULT, made } = step;
  if (step.mode !== 'calculation') {
    const workload = chosen.workload ?? own;
    return { workload, data: chosen.data, made: workload === own ? made : undefined };
  }
  return { workload: own, data: own === 'trending' ? chosen.data : undefined, made };
}

/** A gateway that writes into the database itself has nobody behind it. */
function consumersOf({ path, consumers }: Step, chosen: ChosenPlan): number {
  return path?.kind === 'direct' ? 0 : (chosen.consumers ?? consumers ?? CONSUMERS_DEFAULT);
}

function storeOf(step: Step, chosen: ChosenPlan): Pick<TrialPlan, 'store' | 'shards'> {
  const { path } = step;
  // The direct way is a comparison with one database, and one table of counts in it.
  if (path?.kind === 'direct') {
    return { store: { engine: 'postgres', rule: path.rule }, shards: 1 };
  }
  const wanted = chosen.store ?? step.store;
  // The same question by another rule would be another row.
  const store = path ? { ...(wanted ?? STORE_DEFAULT), rule: path.rule } : wanted;
  // It spreads by itself, so to us it is one shard whatever anybody asks for.
  if (store?.engine === 'cassandra') return { store, shards: 1 };
  // Shards for posts that are isolated come on top of those that hold slots.
  return { store, shards: (step.shards ?? chosen.shards) + (step.sharding?.spareShards ?? 0) };
}

/** Below a rate that gives the least number of likes in its time, the time is longer. */
function measuredS({ measureS = 0, likesMeasuredLeast = 0 }: Step, likesPerS: number): number {
  return Math.max(measureS, Math.min(MEASURE_S_MAX, likesMeasuredLeast / likesPerS));
}

function queueingOf({ arrivals, service, calibrates }: Step, seed: number) {
  return {
    ...(arrivals && { arrivals }),
    ...(service && { service: { ...service, seed } }),
    ...(calibrates && { calibrates }),
  };
}

/** What makes two trials at one rate different, in words. */
function describeQueueing({ arrivals, service }: Step): string[] {
  return [
    ...(arrivals === 'poisson' ? ['Poisson arrivals'] : []),
    ...(service ? [`${service.distribution} service of ${service.meanUs / 1_000} ms`] : []),
  ];
}

function offeredRate(
  rate: NonNullable<Step['rate']>,
  maximum: number | undefined,
  parallel: number,
) {
  if ('likesPerS' in rate) {
    return { likesPerS: rate.likesPerS, pace: `${formatNumber(rate.likesPerS, 0)}/s` };
  }
  const beside = parallel > 1 ? `, shared by ${parallel} trials side by side` : '';
  const pace = `${Math.round(rate.shareOfMaximum * 100)} % of own maximum${beside}`;
  if (maximum === undefined) return { likesPerS: undefined, pace };
  const share = (maximum * rate.shareOfMaximum) / parallel;
  // A maximum that was found on a server which has just started may be far below its own.
  const least = rate.likesPerSLeast ?? 1;
  // A rate that is not that share must not stand under its name.
  if (share < least) {
    return { likesPerS: least, pace: `${formatNumber(least, 0)}/s, above ${pace}` };
  }
  return { likesPerS: Math.round(share), pace };
}

/** What the result says of a plan: only what bears on this trial. */
export function planFacts(
  plan: TrialPlan,
  habits: { likesPerSend: number; sendsInFlight: number } | undefined,
): TrialResult['plan'] {
  const { mode, likesPerS, warmUpS, pace, lanes, consumers, shards, backlogBytesMax } = plan;
  const { arrivals, service, sharding, reads, path } = plan;
  return {
    ...(arrivals && { arrivals }),
    ...(service && { service }),
    mode,
    likesPerS,
    warmUpS,
    pace,
    lanes,
    consumers,
    shards,
    ...(describeStore(plan.store) !== undefined && { store: plan.store }),
    ...(sharding && { sharding }),
    ...(reads && { reads }),
    ...(path && { path }),
    backlogBytesMax,
    likesPerSend: plan.likesPerSend ?? habits?.likesPerSend,
    sendsInFlight: plan.sendsInFlight ?? habits?.sendsInFlight,
  };
}

/** Whose consumer counted, where it was not the broker's template. */
export function consumerFacts(own: OwnConsumer | undefined): Pick<TrialResult, 'consumer'> {
  return own === undefined ? {} : { consumer: { file: basename(own.path), sha256: own.sha256 } };
}

/** The settings of a part of the trial, each name with that part's before it. */
export function named(
  part: string,
  settings: Readonly<Record<string, string>>,
): Record<string, string> {
  const entries = Object.entries(settings);
  return Object.fromEntries(entries.map(([name, value]) => [`${part} ${name}`, value]));
}
