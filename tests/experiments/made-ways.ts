/** Results of `direct-or-queued` as trials make them, with what a test wants of each way. */
import { DIRECT, type PathPlan } from '../../lab/path-plan.ts';
import type { PathResult, RequestCounts } from '../../lab/path-schema.ts';
import { type TrialResult, trialResultSchema } from '../../lab/trial-result.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';

export const WAYS = {
  direct: { kind: 'direct', rule: 'tally', gateways: 1 },
  states: { kind: 'direct', rule: 'states', gateways: 1 },
  single: { kind: 'queued', rule: 'tally', updates: 'single', gateways: 1 },
  coalesced: { kind: 'queued', rule: 'tally', updates: 'coalesced', gateways: 1 },
} as const satisfies Record<string, PathPlan>;

export interface MadeWay {
  readonly way: keyof typeof WAYS;
  readonly likesPerS?: number;
  readonly broker?: string;
  readonly tier?: TrialResult['tier'];
  readonly p99Ms?: number;
  /** Of the requests. */
  readonly shed?: number;
  readonly cpu?: PathResult['cpuUsPerLike'];
  readonly factor?: number;
  readonly waiting?: number;
  readonly path?: Partial<PathResult>;
  readonly changed?: Partial<TrialResult>;
}

function latencyOf(p99Ms: number) {
  const us = p99Ms * 1_000;
  return {
    ...{ samples: 12_000, meanUs: us / 2, p50Us: us / 3, p90Us: us / 2, p99Us: us },
    ...{ p999Us: us * 2, maxUs: us * 3, notPositive: 0, tooLong: 0, histogram: '' },
  };
}

function requestsOf(offered: number, shed: number): RequestCounts {
  const given = Math.round(offered * shed);
  return {
    ...{ offered, accepted: offered - given, shed: given > 0 ? { full: given } : {} },
    ...{ limited: 0, refused: 0, unknown: 0, noAnswer: 0, invalid: 0 },
  };
}

const CPU = {
  direct: { gateway: 200, database: 300 },
  queued: { gateway: 150, workers: 60, broker: 70, database: 40 },
} as const;

let trials = 0;

export function wayResult(made: MadeWay): TrialResult {
  const { way, likesPerS = 100, broker = 'kafka', tier = 'power', factor, shed = 0 } = made;
  const { p99Ms = 5, waiting = 0, cpu } = made;
  const plan = WAYS[way];
  const isDirect = plan.kind === 'direct';
  const burst = factor === undefined ? undefined : { factor, atS: 3, lastsS: 5 };
  const words = `${likesPerS.toLocaleString('en-US')}/s`;
  trials++;
  return trialResultSchema.parse(
    madeResult({
      ...{ experiment: 'direct-or-queued', rates: undefined, tier },
      trial: `${String(trials).padStart(3, '0')}-${isDirect ? DIRECT : broker}-${tier}-path`,
      broker: isDirect ? DIRECT : broker,
      plan: {
        ...madePlan('path'),
        ...{ likesPerS, warmUpS: 2, consumers: isDirect ? 0 : 1 },
        pace: burst ? `${words}, ${factor}x in the burst` : words,
        path: { ...plan, ...(burst && { burst }) },
        store: { engine: 'postgres', rule: plan.rule },
      },
      path: {
        requests: requestsOf(likesPerS * 7, burst ? 0 : shed),
        api: latencyOf(burst ? 4 : p99Ms),
        ...(burst && {
          requestsInBurst: requestsOf(likesPerS * factor! * 5, shed),
          apiInBurst: latencyOf(p99Ms),
        }),
        ...{ answerMsMax: p99Ms * 3, acceptedTwice: 0, acceptedUncounted: 0, isExact: true },
        ...{ acceptedUnacknowledged: 0, acceptedOther: 0 },
        ...{ exactAfterMs: isDirect ? 0 : 120, databaseTransactions: 700 },
        databaseTransactionsPerLike: plan.kind === 'queued' && way !== 'single' ? 0.1 : 1,
        lockWaits: {
          ...{ samples: 100, waitingSessionsMean: waiting * 3, waitingSessionsMax: 9 },
          shareOfSamplesWaiting: waiting,
        },
        cpuUsPerLike: cpu ?? CPU[plan.kind],
        ...{ acceptedShareOutsideOutages: 1, generatorLagUsP99: 900, requestsAtOnceMax: 40 },
        ...made.path,
      },
      ...made.changed,
    }),
  );
}

const RATES = [100, 500, 1_000, 2_000, 4_000];

/** p99 of direct writing and of both queued ways at each rate: the queue is better from 2,000/s. */
const DIRECT_MS = [3, 4, 6, 90, 900];
const STATES_MS = [4, 5, 9, 200, 1_000];
const SINGLE_MS = [9, 9, 11, 20, 45];
const COALESCED_MS = [9, 9, 10, 14, 30];

/** One run of the profile `quick` with two brokers. */
export function waysEvening(brokers: readonly string[] = ['kafka', 'redis-streams']) {
  const directly = RATES.flatMap((likesPerS, place) => [
    wayResult({ way: 'direct', likesPerS, p99Ms: DIRECT_MS[place]!, shed: place === 4 ? 0.3 : 0 }),
    wayResult({ way: 'states', likesPerS, p99Ms: STATES_MS[place]!, shed: place === 4 ? 0.4 : 0 }),
  ]);
  const bursts = [10, 50].flatMap((factor) => [
    wayResult({ way: 'direct', factor, p99Ms: 30 * factor, shed: factor / 100, waiting: 0.8 }),
    wayResult({ way: 'states', factor, p99Ms: 40 * factor, shed: factor / 100, waiting: 0.9 }),
  ]);
  return [
    ...directly,
    ...bursts,
    ...brokers.flatMap((broker) => [
      ...RATES.flatMap((likesPerS, place) => [
        wayResult({ way: 'single', broker, likesPerS, p99Ms: SINGLE_MS[place]! }),
        wayResult({ way: 'coalesced', broker, likesPerS, p99Ms: COALESCED_MS[place]! }),
      ]),
      ...[10, 50].flatMap((factor) => [
        wayResult({ way: 'single', broker, factor, p99Ms: 2 * factor, shed: factor / 1_000 }),
        wayResult({ way: 'coalesced', broker, factor, p99Ms: factor, shed: factor / 1_000 }),
      ]),
      killedResult(broker),
    ]),
  ];
}

export function killedResult(broker: string): TrialResult {
  const outages = [{ beganMs: 5_000, tookMs: 2_400, offered: 1_800, accepted: 900 }];
  return wayResult({
    ...{ way: 'coalesced', broker, factor: 10, p99Ms: 2_000, shed: 0.2 },
    path: { outages, acceptedShareOutsideOutages: 0.998 },
    changed: {
      faults: {
        ...{ name: 'server-kill', target: 'server', promised: 'survival' },
        ...{ strikes: [], valid: 1, void: 0, consumersReopened: 1 },
      },
    },
  });
}
