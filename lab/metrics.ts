/**
 * The figures of a trial that may be compared: named once, with their unit, which way is better,
 * and between which trials a comparison makes sense. Read by comparisons, reports and gates.
 */
import { cpuUsPerLike } from './cpu-per-like.ts';
import { describeStore } from './store-plan.ts';
import type { TrialResult } from './trial-result.ts';

export interface Metric {
  /** Short and stable: it stands in files and on command lines. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly digits: number;
  /** Undefined where the trial does not tell it, or where its numbers are struck out. */
  value(result: TrialResult): number | undefined;
}

type Told = (result: TrialResult) => number | undefined;

/** No struck number is ever compared with anything. */
const valid =
  (told: Told): Told =>
  (result) =>
    result.numbersValid ? told(result) : undefined;

const inMode =
  (mode: TrialResult['plan']['mode'], told: Told): Told =>
  (result) =>
    result.plan.mode === mode ? told(result) : undefined;

function latency(name: string, title: string, field: 'p50Us' | 'p99Us' | 'p999Us'): Metric {
  const told = inMode('paced', ({ latencies }) => {
    const us = latencies?.dueToVisible[field];
    return us === undefined ? undefined : us / 1000;
  });
  return { name, title, unit: 'ms', better: 'lower', digits: 1, value: valid(told) };
}

export const METRICS: readonly Metric[] = [
  {
    name: 'published',
    title: 'published, nobody consuming',
    unit: 'likes/s',
    better: 'higher',
    digits: 0,
    value: valid(inMode('publish-then-count', ({ rates }) => rates?.publishedLikesPerS)),
  },
  {
    name: 'counted',
    title: 'counted from a full backlog',
    unit: 'likes/s',
    better: 'higher',
    digits: 0,
    value: valid(inMode('publish-then-count', ({ rates }) => rates?.countedLikesPerS)),
  },
  {
    name: 'sustained',
    title: 'sustained with both sides at work',
    unit: 'likes/s',
    better: 'higher',
    digits: 0,
    value: valid(inMode('sustained', ({ rates }) => rates?.sustainedLikesPerS)),
  },
  latency('p50', 'due to visible, median', 'p50Us'),
  latency('p99', 'due to visible, 99th percentile', 'p99Us'),
  latency('p99.9', 'due to visible, 99.9th percentile', 'p999Us'),
  {
    name: 'api-p99',
    title: 'requests over HTTP, due to 202, 99th percentile',
    unit: 'ms',
    better: 'lower',
    digits: 1,
    // Of a burst where there is one: that is what such a trial is about.
    value: valid(({ plan, path }) => {
      const us = (plan.path?.burst ? path?.apiInBurst : path?.api)?.p99Us;
      return us === undefined ? undefined : us / 1000;
    }),
  },
  {
    name: 'cpu',
    title: 'CPU of producer, consumers and servers',
    unit: 'µs/like',
    better: 'lower',
    digits: 1,
    value: valid(cpuUsPerLike),
  },
];

/** What a setting is made of; a trial that is yet to run has it as well. */
export type SettingFacts = Pick<TrialResult, 'experiment' | 'tier' | 'plan'> & {
  readonly workload: Pick<TrialResult['workload'], 'name' | 'data' | 'variant'>;
};

/**
 * Trials with the same key are runs of the same thing: only they are repeats of each other, and
 * only between brokers or versions of such is a comparison fair. The broker is left out.
 */
export function settingOf({ experiment, tier, plan, workload }: SettingFacts): string {
  const { mode, pace, lanes, consumers, shards, likesPerSend, sharding, path } = plan;
  return JSON.stringify({
    ...{ experiment, tier, mode, pace, lanes, consumers, shards, likesPerSend },
    ...{ workload: workload.name, data: workload.data, store: describeStore(plan.store) },
    ...{ variant: workload.variant, sharding, path },
  });
}
