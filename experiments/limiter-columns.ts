/** The heads and columns of `limiter`. */
import { VERDICT } from '../lab/common-columns.ts';
import type { Column } from '../lab/experiment.ts';
import type { LimiterFacts } from '../lab/limiter-schema.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import {
  API_MS,
  awayRatio,
  SCRIPTS,
  stoppedPercent,
  sumOf,
  throughRatio,
} from './limiter-facts.ts';

export const GATEWAYS_HEAD = {
  head: 'gateways',
  meaning: 'Processes that take the requests in turn.',
};

export const LIMITER_HEAD = {
  head: 'limiter',
  meaning:
    'Where the buckets of users are kept: `off` nowhere, `process` in each gateway by itself, ' +
    '`redis` in one Redis for all. `redis, away`: that Redis is killed under load and comes back ' +
    'after a third of it; meanwhile each gateway limits by itself, with full buckets.',
};

/** Undefined where nothing is limited: a bucket has no opinion of what nobody decided. */
function wantedOf({ limiter, plan }: TrialResult): LimiterFacts['wanted'] | undefined {
  return plan.path?.limiter?.where === 'off' ? undefined : limiter?.wanted;
}

function told(
  head: string,
  meaning: string,
  digits: number,
  value: (facts: LimiterFacts) => number | undefined,
): Column {
  const isFinding = true;
  return { head, meaning, digits, isFinding, value: ({ limiter: facts }) => facts && value(facts) };
}

const compared = (wanted: LimiterFacts['wanted']) =>
  wanted.agrees + wanted.onTheEdge + wanted.wronglyPassed + wanted.wronglyStopped;

const AGREEMENT_COLUMNS: readonly Column[] = [
  {
    head: 'right %',
    meaning:
      'Of all requests that were answered 202 or 429, or failed behind the limiter, those that ' +
      'were decided as one bucket for each user says, or for which ' +
      'it hangs on the moment between sending and answer.',
    digits: 2,
    isFinding: true,
    value(result) {
      const wanted = wantedOf(result);
      if (wanted === undefined || compared(wanted) === 0) return undefined;
      return ((wanted.agrees + wanted.onTheEdge) / compared(wanted)) * 100;
    },
  },
  {
    head: 'on the edge',
    meaning: 'Those for which it hangs on that moment; they can be right either way.',
    isFinding: true,
    value: (result) => wantedOf(result)?.onTheEdge,
  },
  {
    head: 'wrongly passed',
    meaning: 'Requests let through that one bucket for each user stops.',
    isFinding: true,
    value: (result) => wantedOf(result)?.wronglyPassed,
  },
  {
    head: 'wrongly stopped',
    meaning: 'Requests stopped that one bucket for each user lets through.',
    isFinding: true,
    value: (result) => wantedOf(result)?.wronglyStopped,
  },
];

export const API_COLUMNS: readonly Column[] = [
  {
    head: 'API p50 ms',
    meaning: 'From the moment a request is due to its 202, half are faster; after the warm-up.',
    digits: 2,
    value: API_MS['API p50 ms'],
  },
  {
    head: 'API p99 ms',
    meaning: 'The same of 99 %.',
    digits: 2,
    value: API_MS['API p99 ms'],
  },
];

export const LIMITER_COLUMNS: readonly Column[] = [
  VERDICT,
  {
    head: 'offered/s',
    meaning: 'Requests due per second, whatever the gateways do.',
    isFinding: true,
    value: ({ plan }) => plan.likesPerS,
  },
  told('scripts stopped %', 'Likes of scripts answered 429, of all of theirs.', 1, (facts) =>
    stoppedPercent(facts, SCRIPTS),
  ),
  told('heavy stopped %', 'The same of heavy users who press at any moment.', 1, (facts) =>
    stoppedPercent(facts, ['random']),
  ),
  told(
    'through/allowed',
    'Likes of all heavy users let through, for each that one bucket a user lets through: 2 is ' +
      'twice the limit.',
    2,
    throughRatio,
  ),
  told(
    'while away',
    'The same of what was sent while the Redis of the limiter was away.',
    2,
    awayRatio,
  ),
  told('honest hit %', 'Honest likes answered 429, of all honest ones.', 3, (facts) =>
    stoppedPercent(facts, ['honest']),
  ),
  told('honest users hit', 'Honest users of whom one like at least was stopped.', 0, (facts) => {
    return sumOf(facts, ['honest'])?.usersStopped;
  }),
  told(
    'decided alone',
    'Requests that a gateway decided by itself since the Redis of the limiter did not answer.',
    0,
    ({ decidedAlone }) => decidedAlone,
  ),
  ...AGREEMENT_COLUMNS,
  ...API_COLUMNS,
  {
    head: 'gateway µs/request',
    meaning: 'CPU time of all gateways for each request, however it was answered.',
    digits: 0,
    value: ({ limiter: facts }) => facts?.gatewayCpuUsPerRequest,
  },
  {
    head: 'Redis µs/request',
    meaning: 'The same of the Redis that keeps the buckets.',
    digits: 1,
    value: ({ limiter: facts }) => facts?.redisCpuUsPerRequest,
  },
  {
    head: '202 not counted once',
    meaning: 'Requests answered 202 that are not in the count, or in it twice.',
    isFinding: true,
    value: ({ path }) => path && path.acceptedUncounted + path.acceptedTwice,
  },
];
