/** The columns of `direct-or-queued`: what each way does to its users, its database, its cores. */
import {
  BROKER_HEAD,
  brokerOf,
  DOUBLE_EFFECTS,
  LOST,
  TIER_HEAD,
  VERDICT,
} from '../lab/common-columns.ts';
import type { Column } from '../lab/experiment.ts';
import { describePath } from '../lab/path-plan.ts';
import type { PathResult, RequestCounts } from '../lab/path-schema.ts';
import type { TrialResult } from '../lab/trial-result.ts';

const PARTS = ['gateway', 'workers', 'broker', 'database'] as const;
type Part = (typeof PARTS)[number];

export const WAY_HEADS = [
  {
    head: 'way',
    meaning:
      '`direct`: the gateway writes each like into PostgreSQL in a transaction of its own, `+1` ' +
      "on the row of its post, or with the user's state as well. `queue`: it hands the like to " +
      'the broker, and a worker counts it in a transaction of its own, or many at once. All else ' +
      'is the same service.',
  },
  BROKER_HEAD,
  TIER_HEAD,
  {
    head: 'offered',
    meaning:
      'Open loop: requests due per second, whatever the service does; or a burst, in which the ' +
      'rate is so many times that one and all that is added is for one post. Of a burst, all ' +
      'figures but those of locks, transactions and CPU are of the requests due in it.',
  },
];

/** All count into the same database, so that its name in each row would say nothing. */
export function queueOf(result: TrialResult): string {
  return brokerOf({ ...result, plan: { ...result.plan, store: undefined } });
}

export function wayOf({ plan }: TrialResult): string {
  return plan.path === undefined ? '–' : describePath(plan.path);
}

export function wayKeyOf(result: TrialResult): string[] {
  return [wayOf(result), queueOf(result), result.tier, result.plan.pace ?? '–'];
}

/** Of the burst where there is one. */
export function requestsOf({ path }: TrialResult): RequestCounts | undefined {
  const requests = path?.requestsInBurst ?? path?.requests;
  return requests !== undefined && requests.offered > 0 ? requests : undefined;
}

export function apiOf({ plan, path }: TrialResult): PathResult['api'] {
  return plan.path?.burst === undefined ? path?.api : path?.apiInBurst;
}

export const shedOf = ({ shed }: RequestCounts): number =>
  Object.values(shed).reduce((sum, count) => sum + count, 0);

/** Requests that were not answered 202, of those that were offered. */
export function notAcceptedShare(result: TrialResult): number | undefined {
  const requests = requestsOf(result);
  return requests && 1 - requests.accepted / requests.offered;
}

/** Requests due per second: in the burst where there is one. */
export function offeredPerS({ plan }: TrialResult): number | undefined {
  return plan.likesPerS && plan.likesPerS * (plan.path?.burst?.factor ?? 1);
}

function acceptedPerS(result: TrialResult): number | undefined {
  const [requests, perS] = [requestsOf(result), offeredPerS(result)];
  return requests && perS && (perS * requests.accepted) / requests.offered;
}

/** Undefined where a part that the way has was not measured. */
export function cpuUsPerLike({ plan, path }: TrialResult): number | undefined {
  if (path === undefined || plan.path === undefined) return undefined;
  const { kind } = plan.path;
  const wanted = kind === 'direct' ? (['gateway', 'database'] as const) : PARTS;
  const parts = wanted.map((part) => path.cpuUsPerLike[part]);
  return parts.some((us) => us === undefined)
    ? undefined
    : parts.reduce<number>((sum, us) => sum + us!, 0);
}

const percent = (share: number | undefined) => (share === undefined ? undefined : share * 100);

function percentile(head: string, meaning: string, field: 'p50Us' | 'p99Us' | 'p999Us'): Column {
  return {
    ...{ head, meaning, digits: 1 },
    value: (result) => {
      const us = apiOf(result)?.[field];
      return us === undefined ? undefined : us / 1_000;
    },
  };
}

function share(head: string, meaning: string, of: (requests: RequestCounts) => number): Column {
  return {
    ...{ head, meaning, digits: 1, isFinding: true },
    value: (result) => {
      const requests = requestsOf(result);
      return requests && percent(of(requests) / requests.offered);
    },
  };
}

function cpuOf(part: Part, meaning: string): Column {
  const value = ({ path }: TrialResult) => path?.cpuUsPerLike[part];
  return { head: `CPU µs/like ${part}`, meaning, digits: 0, value };
}

function waits(
  head: string,
  meaning: string,
  digits: number,
  value: (found: NonNullable<PathResult['lockWaits']>) => number,
): Column {
  return { head, meaning, digits, value: ({ path }) => path?.lockWaits && value(path.lockWaits) };
}

const API_COLUMNS: readonly Column[] = [
  VERDICT,
  {
    head: 'accepted/s',
    meaning:
      'Requests answered 202 per second, of those that were due, the warm-up included: each is ' +
      'stored for sure.',
    value: acceptedPerS,
  },
  percentile(
    'API p50 ms',
    'From due to 202, of the requests answered so after the warm-up: the median.',
    'p50Us',
  ),
  percentile('API p99 ms', 'The same: 99 % are faster.', 'p99Us'),
  percentile('API p99.9 ms', 'The same: 99.9 % are faster; only from 10,000 samples up.', 'p999Us'),
  {
    head: 'client late p99 ms',
    meaning: 'How late the client itself sent, in 99 % of all; it is in the times of the API.',
    value: ({ path }) => path && path.generatorLagUsP99 / 1_000,
    digits: 1,
  },
  share(
    'shed %',
    'Requests answered 503 that are certainly not stored: the gateway has no room for them now. ' +
      'Those of the warm-up are in it.',
    shedOf,
  ),
  share(
    'failed %',
    'Requests that were neither accepted nor shed: refused, of an unknown end, or unanswered.',
    (requests) => requests.offered - requests.accepted - shedOf(requests),
  ),
];

const COST_COLUMNS: readonly Column[] = [
  {
    head: 'transactions/like',
    meaning: 'Committed in the database that counts, for each accepted like.',
    value: ({ path }) => path?.databaseTransactionsPerLike,
    digits: 2,
  },
  waits(
    'sessions waiting',
    'Sessions of PostgreSQL that wait for a row lock: the mean over all times that the lab looked.',
    2,
    ({ waitingSessionsMean }) => waitingSessionsMean,
  ),
  waits(
    'lock waits % of time',
    'How often at least one session waited for a row lock when the lab looked.',
    0,
    ({ shareOfSamplesWaiting }) => shareOfSamplesWaiting * 100,
  ),
  cpuOf(
    'gateway',
    'CPU time of the gateway for each accepted like; the client is not in it, and the records of ' +
      'the lab are: for each send, so that direct writing bears more of them.',
  ),
  cpuOf('workers', 'The same of the counting workers.'),
  cpuOf('broker', "The same of the broker's server."),
  cpuOf(
    'database',
    'The same of PostgreSQL; the looks of the lab at its locks are in it, which at low rates is ' +
      'a large part.',
  ),
  {
    head: 'CPU µs/like all',
    meaning: 'The same of gateway, workers, broker and database together.',
    value: cpuUsPerLike,
    digits: 0,
  },
];

const EXACT_COLUMNS: readonly Column[] = [
  {
    head: 'exact after ms',
    meaning: 'From the last 202 until the count in the database is that of all accepted likes.',
    value: ({ path }) => path?.exactAfterMs,
    digits: 0,
  },
  LOST,
  DOUBLE_EFFECTS,
  {
    head: '202 not counted',
    meaning: 'Requests that were answered 202 and whose like is in no count; must be 0.',
    value: ({ path }) => path?.acceptedUncounted,
    isFinding: true,
  },
  {
    head: '202 wrong',
    meaning:
      'Requests answered 202 with the number of another like, with one that another request has ' +
      'as well, or with one that nobody had acknowledged; must be 0.',
    value: ({ path }) =>
      path && path.acceptedTwice + path.acceptedOther + path.acceptedUnacknowledged,
    isFinding: true,
  },
];

const SLOWEST_ANSWER: Column = {
  head: 'slowest answer ms',
  meaning: 'From due to the answer of whatever kind, of all requests: shed, never hung.',
  value: ({ path }) => path?.answerMsMax,
  digits: 0,
};

export const STEADY_COLUMNS: readonly Column[] = [
  ...API_COLUMNS,
  ...COST_COLUMNS,
  ...EXACT_COLUMNS,
];

export const BURST_COLUMNS: readonly Column[] = [
  ...API_COLUMNS,
  SLOWEST_ANSWER,
  ...COST_COLUMNS,
  ...EXACT_COLUMNS,
];

const outageOf = ({ path }: TrialResult) => path?.outages?.[0];

export const KILLED_COLUMNS: readonly Column[] = [
  VERDICT,
  {
    head: 'outage ms',
    meaning:
      'From the SIGKILL of the broker to the first request after it that was answered 202; its ' +
      'restart and the times that the clients wait are in it.',
    value: (result) => outageOf(result)?.tookMs,
    digits: 0,
    isFinding: true,
  },
  {
    head: 'due in it',
    meaning: 'Requests that were due, or waited for their answer, in the outage.',
    value: (result) => outageOf(result)?.offered,
    isFinding: true,
  },
  {
    head: 'accepted in it',
    meaning: 'How many of those were answered 202 all the same, once the broker was back.',
    value: (result) => outageOf(result)?.accepted,
    isFinding: true,
  },
  {
    head: 'accepted outside %',
    meaning: 'Answered 202, of the requests that neither were due nor waited in the outage.',
    value: ({ path }) => percent(path?.acceptedShareOutsideOutages),
    digits: 1,
    isFinding: true,
  },
  SLOWEST_ANSWER,
  ...EXACT_COLUMNS,
];

/** Each once. */
export const WAY_COLUMNS: readonly Column[] = [...new Set([...BURST_COLUMNS, ...KILLED_COLUMNS])];
