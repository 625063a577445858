/** What the results of `limiter` say, in the words and sums that tables and sentences share. */
import { brokerOf } from '../lab/common-columns.ts';
import type { LimiterPlace } from '../lab/limiter-plan.ts';
import type { LimiterFacts } from '../lab/limiter-schema.ts';
import { median } from '../lab/statistics/median.ts';
import type { TrialResult } from '../lab/trial-result.ts';

export const LIMITER_NAMES: Readonly<Record<LimiterPlace, string>> = {
  off: 'off',
  process: 'process',
  redis: 'redis',
  'redis-away': 'redis, away',
};

export function limiterOf({ plan }: TrialResult): string {
  const where = plan.path?.limiter?.where;
  return where === undefined ? '–' : LIMITER_NAMES[where];
}

export function gatewaysOf({ plan }: TrialResult): string {
  return String(plan.path?.gateways ?? '–');
}

export type Kind = LimiterFacts['groups'][number]['kind'];

/** All heavy users but those at random. */
export const SCRIPTS: readonly Kind[] = ['beat', 'below', 'above', 'bursts'];
export const HEAVY: readonly Kind[] = [...SCRIPTS, 'random'];

export type GroupSums = Omit<LimiterFacts['groups'][number], 'kind'>;

/** Undefined where none of these users pressed. */
export function sumOf(
  { groups }: Pick<LimiterFacts, 'groups'>,
  kinds: readonly Kind[],
): GroupSums | undefined {
  const own = groups.filter(({ kind }) => kinds.includes(kind));
  const total = (part: keyof GroupSums) => own.reduce((sum, group) => sum + group[part], 0);
  const sums = {
    users: total('users'),
    offered: total('offered'),
    passed: total('passed'),
    stopped: total('stopped'),
    usersStopped: total('usersStopped'),
    allowed: total('allowed'),
  };
  return sums.offered > 0 ? sums : undefined;
}

export function stoppedPercent(facts: LimiterFacts, kinds: readonly Kind[]): number | undefined {
  const sums = sumOf(facts, kinds);
  return sums && (sums.stopped / sums.offered) * 100;
}

/** What heavy users got through, of what one bucket each would have allowed them. */
export function throughRatio(facts: LimiterFacts): number | undefined {
  const sums = sumOf(facts, HEAVY);
  return sums && sums.allowed > 0 ? sums.passed / sums.allowed : undefined;
}

export function awayRatio({ away }: LimiterFacts): number | undefined {
  return away && away.allowed > 0 ? away.passed / away.allowed : undefined;
}

/** Answered 202, due to answer. */
export const API_MS = {
  'API p50 ms': (result: TrialResult) => result.path?.api && result.path.api.p50Us / 1_000,
  'API p99 ms': (result: TrialResult) => result.path?.api && result.path.api.p99Us / 1_000,
} as const;
export type ApiHead = keyof typeof API_MS;

export const keyOf = (result: TrialResult) => [
  brokerOf(result),
  result.tier,
  gatewaysOf(result),
  limiterOf(result),
];

/** What the limiter adds to a latency: over the median of `off` with as many gateways. */
export function addedMs(
  results: readonly TrialResult[],
  head: ApiHead,
): (result: TrialResult) => number | undefined {
  const ms = API_MS[head];
  return (result) => {
    const own = ms(result);
    if (limiterOf(result) === 'off' || own === undefined) return undefined;
    const [broker, tier, gateways] = keyOf(result);
    const key = JSON.stringify([broker, tier, gateways, 'off']);
    const off = results
      .filter((one) => JSON.stringify(keyOf(one)) === key && one.numbersValid)
      .flatMap((one) => ms(one) ?? []);
    if (off.length === 0) return undefined;
    return own - median(off);
  };
}
