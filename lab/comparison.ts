/**
 * Brokers compared by their runs: per metric and setting, who is best, who ties with it, and how
 * small a difference these runs could have shown at all.
 */
import { brokerOf } from './common-columns.ts';
import { LAB_CEILING } from './lab-bound.ts';
import { METRICS, type Metric, type SettingFacts, settingOf } from './metrics.ts';
import {
  type Interval,
  medianInterval,
  type RatioOfMedians,
  RUNS_LEAST,
  ratioOfMedians,
} from './statistics/bootstrap.ts';
import { median } from './statistics/median.ts';
import { smallestDetected } from './statistics/power.ts';
import type { TrialResult } from './trial-result.ts';

/** One broker's runs in one setting. */
export interface ComparedBroker {
  readonly broker: string;
  readonly runs: number;
  readonly median: number;
  readonly interval: Interval;
  /** Its median by that of the best; undefined for the best, and where a run has no number. */
  readonly toBest: RatioOfMedians | undefined;
  /** A tie: the interval of the ratio holds 1. No claim: there is no ratio. */
  readonly call: 'best' | 'tie' | 'behind' | 'no claim';
  /** The factor that as many runs as these detect in 80 % of cases. */
  readonly detects: number | undefined;
}

export interface Comparison {
  readonly metric: Metric;
  /** In words, such as `kill, 100/s`. */
  readonly setting: string;
  /** The best one first. */
  readonly brokers: readonly ComparedBroker[];
  /** Those with some valid runs, but too few for a claim, and how many they have. */
  readonly tooFew: ReadonlyMap<string, number>;
}

/** Trials whose server is killed or that are struck are not about speed. */
const COMPARED_MODES: ReadonlySet<string> = new Set(['publish-then-count', 'sustained', 'paced']);

/**
 * Trials of one run with the same key may be compared between brokers. How many likes a broker
 * takes at once is its own habit, and part of what is compared; within one run, whatever the user
 * chose was chosen for all.
 */
export function comparedSettingOf(result: SettingFacts): string {
  return settingOf({ ...result, plan: { ...result.plan, likesPerSend: undefined } });
}

/** Results under the broker's own name: those under another one are compared with these alone. */
export function withoutTwins(results: readonly TrialResult[]): TrialResult[] {
  return results.filter(({ alias }) => alias === undefined);
}

/**
 * Every comparison that the results of one run allow: with RUNS_LEAST valid runs or more of two
 * brokers or more. The lab's own ceiling does not compete.
 *
 * The best one is chosen by these same runs, so its lead looks a little larger than it is where
 * several are close; and each comparison errs by itself in up to 5 % of cases, so that of many
 * some do.
 */
export function comparisonsOf(results: readonly TrialResult[]): Comparison[] {
  const competing = withoutTwins(results).filter(
    ({ broker, plan }) => broker !== LAB_CEILING && COMPARED_MODES.has(plan.mode),
  );
  const wordsOf = settingWords(competing);
  const settings = [...Map.groupBy(competing, comparedSettingOf).values()].sort((one, other) =>
    wordsOf(one[0]!).localeCompare(wordsOf(other[0]!), 'en', { numeric: true }),
  );
  return METRICS.flatMap((metric) =>
    settings.flatMap((group) => comparisonOf(metric, wordsOf(group[0]!), group) ?? []),
  );
}

function comparisonOf(
  metric: Metric,
  setting: string,
  group: readonly TrialResult[],
): Comparison | undefined {
  const told = [...Map.groupBy(group, brokerOf)].map(([broker, own]) => {
    const runs = own.map(metric.value).filter((value) => value !== undefined);
    return { broker, runs, middle: runs.length > 0 ? median(runs) : 0 };
  });
  const enough = told.filter(({ runs }) => runs.length >= RUNS_LEAST);
  if (enough.length < 2) return undefined;
  const sign = metric.better === 'higher' ? -1 : 1;
  enough.sort((one, other) => sign * (one.middle - other.middle));
  const best = enough[0]!.runs;
  const tooFew = told.filter(({ runs }) => runs.length > 0 && runs.length < RUNS_LEAST);
  return {
    metric,
    setting,
    brokers: enough.map(({ broker, runs, middle }) => {
      const toBest = runs === best ? undefined : ratioOfMedians(runs, best);
      const call = runs === best ? 'best' : callOf(toBest);
      const interval = medianInterval(runs)!;
      const detects = smallestDetected(runs);
      return { broker, runs: runs.length, median: middle, interval, toBest, call, detects };
    }),
    tooFew: new Map(tooFew.map(({ broker, runs }) => [broker, runs.length])),
  };
}

function callOf(toBest: RatioOfMedians | undefined): ComparedBroker['call'] {
  if (toBest === undefined) return 'no claim';
  return toBest.isTie ? 'tie' : 'behind';
}

/** Names the setting of each of these results by its tier and load, and by what else differs. */
export function settingWords(results: readonly TrialResult[]): (result: TrialResult) => string {
  const factsOf = ({ plan, workload }: TrialResult) => [
    plan.consumers === 1 ? '1 consumer' : `${plan.consumers} consumers`,
    plan.lanes === 1 ? '1 lane' : `${plan.lanes} lanes`,
    `${plan.shards} shards`,
    workload.data === undefined ? workload.name : `${workload.name} from ${workload.data}`,
    workload.variant ?? 'as usual',
    plan.sharding === undefined ? 'slots' : plan.sharding.routing.name,
  ];
  const all = results.map(factsOf);
  return (result) => {
    const facts = factsOf(result).filter((fact, place) => all.some((own) => own[place] !== fact));
    return [result.tier, result.plan.pace ?? result.plan.mode, ...facts].join(', ');
  };
}
