/** What the figures of `limiter` say a limiter is good for, and what not. */
import type { LimiterFacts } from '../lab/limiter-schema.ts';
import { RUNS_LEAST } from '../lab/statistics/bootstrap.ts';
import { median } from '../lab/statistics/median.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import {
  addedMs,
  awayRatio,
  type GroupSums,
  gatewaysOf,
  HEAVY,
  type Kind,
  limiterOf,
  sumOf,
  throughRatio,
} from './limiter-facts.ts';

/** Of a script's likes; less is called whole. */
const STOPPED_SHARE_LEAST = 0.01;

/** Each a sentence or two; none for what was not measured. */
export function answersOfLimiter(results: readonly TrialResult[]): string[] {
  const lines = [goodFor(results), notFor(results), shared(results), away(results), costs(results)];
  return lines.filter((line) => line !== undefined);
}

export function explainLimiter(results: readonly TrialResult[]): string {
  const marked = (line: string) => line.replace(/^(Good for|Not for)/, '**$1**');
  return answersOfLimiter(results)
    .map((line) => `- ${marked(line)}`)
    .join('\n');
}

function runsOf(
  results: readonly TrialResult[],
  limiter: string,
  gateways?: number,
): readonly TrialResult[] {
  return results.filter(
    (result) =>
      limiterOf(result) === limiter &&
      (gateways === undefined || gatewaysOf(result) === String(gateways)),
  );
}

/** Runs in which each user has one bucket: the limit as it is meant. */
function oneBucket(results: readonly TrialResult[]): readonly TrialResult[] {
  const choices = [
    () => runsOf(results, 'process', 1),
    () => runsOf(results, 'redis', 1),
    () => runsOf(results, 'redis', 2),
  ];
  return choices.map((choose) => choose()).find((runs) => runs.length > 0) ?? [];
}

/** Over all runs together. */
function sumsOver(
  runs: readonly TrialResult[],
  kinds: readonly Kind[],
): Pick<GroupSums, 'offered' | 'stopped' | 'usersStopped'> | undefined {
  const found = runs.flatMap(({ limiter }) => (limiter && sumOf(limiter, kinds)) ?? []);
  if (found.length === 0) return undefined;
  const total = (part: keyof GroupSums) => found.reduce((sum, one) => sum + one[part], 0);
  return {
    offered: total('offered'),
    stopped: total('stopped'),
    usersStopped: total('usersStopped'),
  };
}

const percent = ({ stopped, offered }: Pick<GroupSums, 'stopped' | 'offered'>) =>
  `${formatNumber((stopped / offered) * 100, 0)} %`;

function goodFor(results: readonly TrialResult[]): string | undefined {
  const runs = oneBucket(results);
  const heavy = sumsOver(runs, HEAVY);
  const honest = sumsOver(runs, ['honest']);
  const limit = runs[0]?.plan.path?.limiter;
  if (heavy === undefined || honest === undefined || limit === undefined) return undefined;
  const parts = (
    [
      ['beat', 'fixed beats'],
      ['bursts', 'bursts'],
      ['random', 'heavy users without a script'],
    ] as const
  ).flatMap(([kind, words]) => {
    const sums = sumsOver(runs, [kind]);
    return sums === undefined ? [] : [`${words} ${percent(sums)}`];
  });
  const users = honest.usersStopped === 1 ? 'user' : 'users';
  return (
    `Good for holding back who likes far too fast: ${limit.burst} likes at once and ` +
    `${limit.likesPerS} a second for each user stop ${percent(heavy)} of what 0.1 % of the users ` +
    `send, who make 5 % of the likes (${parts.join(', ')}). Of ` +
    `${formatNumber(honest.offered, 0)} honest likes ${formatNumber(honest.stopped, 0)} are hit, ` +
    `of ${formatNumber(honest.usersStopped, 0)} ${users}.`
  );
}

function notFor(results: readonly TrialResult[]): string | undefined {
  const runs = oneBucket(results);
  const below = sumsOver(runs, ['below']);
  const above = sumsOver(runs, ['above']);
  if (below === undefined || above === undefined) return undefined;
  const isWhole = below.stopped < below.offered * STOPPED_SHARE_LEAST;
  return (
    'Not for telling a script from a person: one that keeps just below the limit ' +
    `${isWhole ? 'passes whole' : `loses ${percent(below)}`} (${below.stopped} of ` +
    `${below.offered} stopped), one a quarter above it loses ${percent(above)}. Nobody who has ` +
    'many names is stopped either: a limit is of one user.'
  );
}

/** What becomes of the limit when gateways do not share what they remember. */
function shared(results: readonly TrialResult[]): string | undefined {
  const apart = ratioOf(runsOf(results, 'process', 2), throughRatio);
  const overRedis = runsOf(results, 'redis', 2);
  const together = ratioOf(overRedis, throughRatio);
  const parts = [
    ...(apart === undefined ? [] : [`in each process by itself ${apart} times`]),
    ...(together === undefined ? [] : [`over Redis ${together} times${aloneIn(overRedis)}`]),
  ];
  if (parts.length === 0) return undefined;
  return (
    `With two gateways heavy users get through, of what the limit allows: ${parts.join(', ')}. ` +
    'Buckets that each process keeps by itself add up to as many limits as there are gateways.'
  );
}

/** A Redis that is late counts as away, and that has to be said where nobody has killed it. */
function aloneIn(runs: readonly TrialResult[]): string {
  const alone = runs.reduce((sum, { limiter }) => sum + (limiter?.decidedAlone ?? 0), 0);
  const requests = runs.reduce((sum, { path }) => sum + (path?.requests.offered ?? 0), 0);
  if (alone === 0) return '';
  return (
    ` (it was late for ${formatNumber(alone, 0)} of ${formatNumber(requests, 0)} requests, which ` +
    'gateways decided by themselves)'
  );
}

/** What gateways do by themselves while what they share is away. */
function away(results: readonly TrialResult[]): string | undefined {
  const parts = ([1, 2] as const).flatMap((gateways) => {
    const ratio = ratioOf(runsOf(results, 'redis, away', gateways), awayRatio);
    if (ratio === undefined) return [];
    return [`${gateways === 1 ? 'one gateway lets' : 'two let'} ${ratio} times the limit through`];
  });
  if (parts.length === 0) return undefined;
  const alone = runsOf(results, 'redis, away');
  return `While that Redis is away, of heavy users ${parts.join(', ')}.${unserved(alone)}`;
}

function ratioOf(
  runs: readonly TrialResult[],
  ratio: (facts: LimiterFacts) => number | undefined,
): string | undefined {
  const found = runs.flatMap(({ limiter }) => (limiter && ratio(limiter)) ?? []);
  if (found.length === 0) return undefined;
  return formatNumber(median(found), 2);
}

/** Whether likes were refused for want of Redis: everything that is neither 202 nor 429. */
function unserved(runs: readonly TrialResult[]): string {
  const requests = runs.flatMap(({ path }) => (path ? [path.requests] : []));
  const count = requests.reduce(
    (sum, { offered, accepted, limited }) => sum + offered - accepted - limited,
    0,
  );
  if (count === 0) return ' No like was refused for want of it.';
  return ` ${formatNumber(count, 0)} requests had neither 202 nor 429 for an answer.`;
}

function costs(results: readonly TrialResult[]): string | undefined {
  const parts = [
    ['process', 1, 'in the process'],
    ['redis', 1, 'over Redis'],
  ] as const;
  const told = parts.flatMap(([limiter, gateways, words]) => {
    const runs = runsOf(results, limiter, gateways).filter(({ numbersValid }) => numbersValid);
    const p50 = middle(runs.flatMap((run) => addedMs(results, 'API p50 ms')(run) ?? []));
    const p99 = middle(runs.flatMap((run) => addedMs(results, 'API p99 ms')(run) ?? []));
    const cpu = addedCpuUs(results, runs);
    if (p50 === undefined || p99 === undefined || cpu === undefined) return [];
    const signed = (value: number, digits: number) =>
      `${value < 0 ? '−' : '+'}${formatNumber(Math.abs(value), digits)}`;
    const isCost = p50 > 0 && p99 > 0 && cpu > 0;
    return [
      `${words} ${isCost ? '' : 'none that chance does not hide: '}` +
        `${signed(p50, 2)} ms at p50, ${signed(p99, 2)} ms at p99 and ` +
        `${signed(cpu, 0)} µs of the gateway's CPU a request`,
    ];
  });
  if (told.length === 0) return undefined;
  const runs = runsOf(results, 'off', 1).length;
  const claim = runs < RUNS_LEAST ? ' Fewer than six runs: no claim.' : '';
  return `Its price, over no limiter and with one gateway: ${told.join('; ')}.${claim}`;
}

function addedCpuUs(
  results: readonly TrialResult[],
  runs: readonly TrialResult[],
): number | undefined {
  const cpuOf = (some: readonly TrialResult[]) =>
    middle(some.flatMap(({ limiter }) => limiter?.gatewayCpuUsPerRequest ?? []));
  const off = cpuOf(runsOf(results, 'off', 1).filter(({ numbersValid }) => numbersValid));
  const own = cpuOf(runs);
  return own === undefined || off === undefined ? undefined : own - off;
}

function middle(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values);
}
