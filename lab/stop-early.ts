/**
 * When a comparison needs no more repeats. Whoever may stop early looks at the same runs several
 * times, and each look is another chance to take luck for a difference.
 *
 * So there is one early look only, after 6 of at most 9 repeats, and a difference counts there
 * only if the 98 % interval of the ratio leaves 1 out, where the tables ask for 95 %. A false
 * difference then has a chance of at most 2 + 5 % for a pair, by adding up the looks. Of 1,000
 * pairs of equal normal samples with a deviation of 3 and of 10 %, 3.6 and 4.0 % were called
 * different at one of the looks; without the stricter interval it was 4.9 and 5.0 %. A tie that
 * ends a comparison early costs nothing in that respect. What remains: a difference that ended its
 * comparison early looks somewhat larger than it is, since it was taken when it looked large.
 */
import { basename } from 'node:path';
import { comparedSettingOf, withoutTwins } from './comparison.ts';
import { LAB_CEILING } from './lab-bound.ts';
import { METRICS } from './metrics.ts';
import { type ChosenPlan, planFacts, planOf } from './plan-trial.ts';
import type { Job } from './schedule.ts';
import { RUNS_LEAST, ratioOfMedians } from './statistics/bootstrap.ts';
import type { TrialResult } from './trial-result.ts';

/** As many repeats as a comparison gets where nothing decides it earlier. */
export const REPEATS_UNDECIDED = 9;
/** After so many repeats it is looked whether more are needed. */
const LOOKS: readonly number[] = [6];
const CONFIDENCE_EARLY = 0.98;
/** Closer than this is no reason to take one broker rather than another. */
const TIE_WITHIN = 0.1;
/** What a broker is chosen by; all others have as many runs as these need. */
const DECIDING: ReadonlySet<string> = new Set(['published', 'counted', 'sustained', 'p99']);

/** The runs of each broker in one metric of a comparison. */
export type RunsByBroker = ReadonlyMap<string, readonly number[]>;

/**
 * Why no more repeats are needed, in words; undefined while they are. Decided is a metric when each
 * pair of its brokers either differs or ties closely, and nobody lacks valid runs.
 */
export function whyDecided(
  metrics: readonly RunsByBroker[],
  options: { confidence?: number } = {},
): string | undefined {
  const { confidence = CONFIDENCE_EARLY } = options;
  let [different, ties] = [0, 0];
  for (const runsOf of metrics) {
    const brokers = [...runsOf.values()].filter((runs) => runs.length > 0);
    for (const [place, runs] of brokers.entries()) {
      for (const others of brokers.slice(place + 1)) {
        if (Math.min(runs.length, others.length) < RUNS_LEAST) return undefined;
        if (ratioOfMedians(runs, others, { confidence })?.isTie === false) different++;
        else if (tiesClosely(runs, others)) ties++;
        else return undefined;
      }
    }
  }
  if (different + ties === 0) return 'there is nobody to compare with';
  const within = `${TIE_WITHIN * 100} %`;
  return `${different} of ${different + ties} pairs differ, the others tie within ${within}`;
}

/** Whichever way round the two are taken. */
function tiesClosely(runs: readonly number[], others: readonly number[]): boolean {
  const found = ratioOfMedians(runs, others);
  if (found === undefined) return false;
  const { low, high } = found.interval;
  return found.isTie && low >= 1 / (1 + TIE_WITHIN) && high <= 1 + TIE_WITHIN;
}

/**
 * Takes the jobs of a comparison off the queue when the next one is a repeat that it does not need.
 * The reason, with how many there are; undefined when nothing was taken off.
 */
export function dropDecided(
  queue: Job[],
  results: readonly TrialResult[],
  chosen: ChosenPlan,
): { readonly job: Job; readonly reason: string } | undefined {
  const [next] = queue;
  const repeats = next?.repeatsBefore;
  if (next === undefined || repeats === undefined || !LOOKS.includes(repeats)) return undefined;
  const setting = settingOfJob(next, chosen);
  const why = whyDecided(runsAfter(repeats, setting, results));
  if (why === undefined) return undefined;
  const isOther = (job: Job) =>
    job.repeatsBefore === undefined || settingOfJob(job, chosen) !== setting;
  const kept = queue.filter(isOther);
  const reason =
    `decided after ${repeats} repeats, so ${queue.length - kept.length} more trials of ` +
    `${JSON.parse(setting).pace ?? next.step.mode} are left out: ${why}`;
  queue.splice(0, queue.length, ...kept);
  return { job: next, reason };
}

/** The runs of the first repeats, so that every look at the same number sees the same runs. */
function runsAfter(
  repeats: number,
  setting: string,
  results: readonly TrialResult[],
): RunsByBroker[] {
  const competing = withoutTwins(results).filter(
    (result) => result.broker !== LAB_CEILING && comparedSettingOf(result) === setting,
  );
  const byBroker = Map.groupBy(competing, ({ broker }) => broker);
  return METRICS.filter(({ name }) => DECIDING.has(name)).map((metric) => {
    const told = [...byBroker].map(([broker, own]) => {
      const first = own.slice(0, repeats).map(metric.value);
      return [broker, first.filter((value) => value !== undefined)] as const;
    });
    return new Map(told);
  });
}

/** What `comparedSettingOf` says of the results of a job. */
function settingOfJob(job: Job, chosen: ChosenPlan): string {
  const plan = planOf(job, undefined, chosen);
  const { workload: name, data } = plan;
  return comparedSettingOf({
    experiment: job.experiment.name,
    tier: job.tier,
    plan: planFacts(plan, undefined),
    workload: { name, ...(data !== undefined && { data: basename(data) }) },
  });
}
