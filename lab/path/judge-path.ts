/** From the evidence of a trial over HTTP to what its result says of it. */
import type { PlannedLike } from '../../likes/workloads/workload.ts';
import type { CheckInput } from '../checker.ts';
import type { Ledger } from '../ledger.ts';
import type { LimiterFacts } from '../limiter-schema.ts';
import type { PathPlan } from '../path-plan.ts';
import type { PathResult } from '../path-schema.ts';
import { KIND } from '../record-format.ts';
import { Names, readRecords } from '../record-reader.ts';
import type { TrialEvidence } from '../run-trial.ts';
import type { TrialPlan } from '../trial-plan.ts';
import type { TrialResult } from '../trial-result.ts';
import { type AcceptedFindings, checkAccepted } from './check-accepted.ts';
import { handedOnPath, readHandedOn } from './handed-on.ts';
import { judgeLimiter } from './judge-limiter.ts';
import { CONNECTIONS_MAX } from './like-client.ts';
import { measureInSystem } from './measure-in-system.ts';
import {
  type AcceptedRequest,
  acceptedOf,
  countedTimes,
  measuredOf,
  measureRequests,
} from './measure-path.ts';
import { type PlannedRequest, requestLoadOf } from './request-load.ts';
import { type RequestRecord, readRequests } from './request-records.ts';

export interface JudgedPath {
  readonly path: PathResult;
  readonly limiter: LimiterFacts | undefined;
  /** Broken promises in plain words, beside those of the ledger. */
  readonly broken: readonly string[];
  /** Why the numbers cannot stand although all is counted. */
  readonly doubts: readonly string[];
  readonly audit: Pick<NonNullable<TrialResult['audit']>, 'due' | 'inSystem'>;
}

/** Asks the check about every 202, and tells what it found once the check has run. */
export class PathJudge {
  readonly #plan: TrialPlan;
  readonly #evidence: TrialEvidence;
  readonly requests: readonly RequestRecord[];
  /** The requests of the plan once more, at their places. */
  readonly #planned: readonly PlannedRequest[];
  #found: AcceptedFindings | undefined;
  #countedUs: ReturnType<typeof countedTimes> | undefined;

  constructor(plan: TrialPlan, evidence: TrialEvidence) {
    this.#plan = plan;
    this.#evidence = evidence;
    this.requests = readRequests(evidence.path!.requests);
    this.#planned = [...requestLoadOf(plan)];
  }

  /** Read when it is first asked for, which is after the check: it holds a time for every like. */
  get countedUs(): ReturnType<typeof countedTimes> {
    this.#countedUs ??= countedTimes(this.#evidence.consumerRecords);
    return this.#countedUs;
  }

  /** For the check of the ledger. */
  readonly swept: NonNullable<CheckInput['swept']> = (known) => {
    this.#found = checkAccepted({
      accepted: acceptedOf(this.requests).map(({ place, outcome }) => ({ place, ...outcome })),
      requested: (place) => this.#planned[place],
      handedOn: handedOnBy(this.#evidence.producerRecords),
      known,
    });
  };

  /** `mustSurvive`: whether the tier promises that what was acknowledged is still there. */
  judge(ledger: Ledger, mustSurvive: boolean): JudgedPath {
    const { strikes, path: evidence } = this.#evidence;
    const { path: plan, warmUpS = 0, likesPerS } = this.#plan;
    const found = this.#found!;
    const input = { requests: this.requests, warmUpS, burst: plan!.burst };
    const figures = measureRequests({
      ...input,
      strikes: strikes.map(({ beganUs, recoversFromUs, proof }) => {
        return { struckUs: proof.struckUs ?? beganUs, recoversFromUs };
      }),
      countedUs: this.countedUs,
    });
    const { generatorLagUsP99, requestsAtOnceMax } = evidence!.client;
    const limiter = judgeLimiter(this.#plan, this.#evidence, this.requests);
    return {
      path: {
        ...figures,
        ...found,
        isExact: isExact(ledger, found),
        ...databaseOf(this.#plan, this.#evidence, figures.requests.accepted),
        cpuUsPerLike: cpuOf(this.#plan, this.#evidence, figures.requests.accepted),
        ...{ generatorLagUsP99, requestsAtOnceMax },
      },
      limiter,
      broken: brokenBy(found, mustSurvive),
      doubts: [...doubtsOf(figures.outages, requestsAtOnceMax), ...doubtsOfAway(plan!, limiter)],
      audit: {
        ...(likesPerS !== undefined && plan!.burst === undefined && dueOf(this.requests)),
        inSystem: measureInSystem(this.#bySchedule(measuredOf(input))),
      },
    };
  }

  /**
   * With due times of the plan's schedule, by which a client is found that has put off what was due
   * or calls due what it sent: its latencies know nothing of that time.
   */
  #bySchedule(requests: readonly AcceptedRequest[]) {
    let startUs = Number.POSITIVE_INFINITY;
    for (const { place, dueUs } of this.requests) {
      const planned = this.#planned[place];
      if (planned !== undefined) startUs = Math.min(startUs, dueUs - planned.dueUs);
    }
    // One at a place that the plan does not have is a finding of the check, and has no due time.
    return requests.flatMap(({ place, answeredUs }) => {
      const planned = this.#planned[place];
      return planned === undefined ? [] : [{ dueUs: startUs + planned.dueUs, answeredUs }];
    });
  }
}

/** By the files that the gateways wrote beside their records. */
function handedOnBy(producerRecords: readonly string[]) {
  const bySource = new Map<string, Map<number, PlannedLike>>();
  for (const path of producerRecords) {
    const source = sourceIn(path);
    if (source === undefined) continue;
    const likes = readHandedOn(handedOnPath(path));
    bySource.set(source, new Map(likes.map((like) => [like.seq, like])));
  }
  return (source: string, seq: number) => bySource.get(source)?.get(seq);
}

/** A gateway is one source for all its life; undefined where it handed nothing on. */
function sourceIn(recordsPath: string): string | undefined {
  const names = new Names();
  for (const { kind, source } of readRecords(recordsPath, names)) {
    if (kind === KIND.attempted) return names.nameOf(source);
  }
  return undefined;
}

function isExact(ledger: Ledger, found: AcceptedFindings): boolean {
  const { lost, stuck, doubleEffects, miscountedPosts } = ledger;
  const wrong = Object.values(found).reduce((sum, count) => sum + count, 0);
  return lost + stuck + doubleEffects + miscountedPosts + wrong === 0;
}

/** Each begins with how many, as those of the ledger do. */
function brokenBy(found: AcceptedFindings, mustSurvive: boolean): string[] {
  const findings: [number, string][] = [
    [found.acceptedTwice, 'accepted twice: one number was the answer to two requests'],
    [
      found.acceptedUnacknowledged,
      'accepted, and never acknowledged: a 202 that nothing had stored',
    ],
    [found.acceptedOther, 'accepted under the number of another like'],
    [mustSurvive ? found.acceptedUncounted : 0, 'accepted and not counted: a 202 that was lost'],
  ];
  return findings.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
}

/** What the times hide: a client that was slow itself, and an outage that outlasted the load. */
function doubtsOf(outages: PathResult['outages'] = [], requestsAtOnceMax: number): string[] {
  const endless = outages.filter(({ neverEnded }) => neverEnded).length;
  const waited = requestsAtOnceMax > CONNECTIONS_MAX;
  return [
    ...(endless > 0 ? [`${endless} outages were not over when the load ended`] : []),
    ...(waited
      ? [
          `${requestsAtOnceMax} requests were under way at once, and the client has ` +
            `${CONNECTIONS_MAX} connections: the others waited in the client`,
        ]
      : []),
  ];
}

/** Whether anything was decided while the memory of the limiters was away. */
export function doubtsOfAway(
  { limiter }: Pick<PathPlan, 'limiter'>,
  facts: Pick<LimiterFacts, 'decidedAlone' | 'away'> | undefined,
): string[] {
  if (limiter?.where !== 'redis-away') return [];
  if (facts?.away !== undefined && facts.decidedAlone > 0) return [];
  return ['no gateway decided by itself while the Redis of the limiter was to be away'];
}

/** Where no server keeps the counts, the workers themselves know how often they committed. */
function databaseOf({ path, store }: TrialPlan, evidence: TrialEvidence, accepted: number) {
  const { consumers, path: { database } = {} } = evidence;
  const byWorkers =
    path!.kind === 'queued' && (store?.engine ?? 'sqlite') === 'sqlite'
      ? consumers.reduce((sum, { sums }) => sum + sums.transactions, 0)
      : undefined;
  const databaseTransactions = database?.transactions ?? byWorkers;
  if (databaseTransactions === undefined) return {};
  return {
    databaseTransactions,
    databaseTransactionsPerLike: accepted > 0 ? databaseTransactions / accepted : 0,
    ...(database && { lockWaits: lockWaitsOf(database.waiting) }),
  };
}

export function lockWaitsOf(waiting: readonly number[]): NonNullable<PathResult['lockWaits']> {
  const samples = waiting.length;
  const share = (sum: number) => (samples > 0 ? sum / samples : 0);
  return {
    samples,
    waitingSessionsMean: share(waiting.reduce((sum, count) => sum + count, 0)),
    waitingSessionsMax: Math.max(0, ...waiting),
    shareOfSamplesWaiting: share(waiting.filter((count) => count > 0).length),
  };
}

function cpuOf(
  { path }: TrialPlan,
  evidence: TrialEvidence,
  accepted: number,
): PathResult['cpuUsPerLike'] {
  const { producers, consumers, recordsOfKilled, server } = evidence;
  const perLike = (cpuUs: number) => (accepted > 0 ? cpuUs / accepted : 0);
  const sumOf = (all: readonly { readonly usage: { readonly cpuUs: number } }[]) =>
    perLike(all.reduce((sum, { usage }) => sum + usage.cpuUs, 0));
  const areWhole = (paths: readonly string[]) =>
    !paths.some((one) => recordsOfKilled.includes(one));
  return {
    ...(areWhole(evidence.producerRecords) && { gateway: sumOf(producers) }),
    ...(areWhole(evidence.consumerRecords) &&
      consumers.length > 0 && { workers: sumOf(consumers) }),
    // Without a queue the one server that there is counts.
    ...(server && {
      [path!.kind === 'direct' ? 'database' : 'broker']: perLike(
        server.cpuUs.publishing + server.cpuUs.counting,
      ),
    }),
    ...(evidence.storeServerCpuUs !== undefined && {
      database: perLike(evidence.storeServerCpuUs),
    }),
  };
}

function dueOf(requests: readonly RequestRecord[]) {
  const times = requests.map(({ dueUs }) => dueUs).sort((one, other) => one - other);
  const spanS = (times.at(-1)! - times[0]!) / 1e6;
  return spanS > 0 ? { due: { likes: times.length, spanS } } : {};
}
