/** Results in which every check of the audit finds nothing: of an open and of a closed loop. */

import { auditResult } from '../../../lab/audit/of-trial.ts';
import { WINDOWS } from '../../../lab/audit/rate-span.ts';
import { LatencyRecorder } from '../../../lab/latency-histogram.ts';
import type { TrialResult } from '../../../lab/trial-result.ts';
import { cleanLedger, madePlan, madeResult } from '../made-result.ts';

const LIKES_PER_S = 2_000;
const WARM_UP_S = 1;
const MEASURED_S = 6;
const LIKES = LIKES_PER_S * (WARM_UP_S + MEASURED_S);
const LIKES_MEASURED = LIKES_PER_S * MEASURED_S;
/** The first tenth is no part of a rate. */
const WARM_SHARE = 0.1;
const DUE = LIKES * (1 - WARM_SHARE);

const SETTINGS = {
  'flush.messages': '9223372036854775807',
  'store shards': '4',
  'store synchronous': 'FULL',
};
const CLOCKS = { processes: 2, resolutionUs: 0.2, skewUs: 4, skewBoundUs: 20 };

/** Evenly from 3 to 7 ms, so that the mean is 5 ms and 10 likes are in the system. */
export function madeLatency(samples = LIKES_MEASURED) {
  const recorder = new LatencyRecorder();
  for (let sample = 0; sample < samples; sample++) recorder.record(3_000 + (sample % 4_000));
  return recorder.summary()!;
}

const clean = madeLatency();

export function madeLatencies(
  changed: Partial<NonNullable<TrialResult['latencies']>> = {},
): NonNullable<TrialResult['latencies']> {
  return {
    dueToVisible: clean,
    dueToSent: clean,
    sentToDelivered: clean,
    deliveredToVisible: clean,
    sentToAcknowledged: clean,
    likesDue: LIKES_MEASURED,
    ...changed,
  };
}

const usage = {
  cpuUs: 1_000,
  coreShare: 0.1,
  memoryBytesMax: 1_000,
  memoryBytesMaxByHalf: [1_000, 1_000] as [number, number],
  eventLoopDelayMsP99: 1,
};

export function madeResources(generatorLagUsP99 = 1_100): NonNullable<TrialResult['resources']> {
  return {
    producer: usage,
    consumers: [usage],
    producerCpuUsPerLike: 1,
    consumerCpuUsPerLike: 1,
    storeDiskBytes: 1,
    likesPerStoreTransaction: 1,
    generatorLagUsP99,
  };
}

/** The witness of a rate of 2,000/s in an open loop, or of what a test says. */
export function madeWitness(
  name: 'published' | 'counted' | 'sustained',
  likesPerS = LIKES_PER_S,
): NonNullable<NonNullable<TrialResult['audit']>['rates']>[number] {
  const spanS = (WARM_UP_S + MEASURED_S) * (1 - WARM_SHARE);
  const likes = Math.round(likesPerS * spanS);
  const likesWithWarmUp = Math.round(likes / (1 - WARM_SHARE));
  const windowS = spanS / WINDOWS;
  const likesPerWindow = Math.round(likesPerS * windowS);
  const blocks = WINDOWS * likesPerWindow;
  const windows = { windowS, likes: new Array<number>(WINDOWS).fill(likesPerWindow), blocks };
  return { name, likes, likesWithWarmUp, fromS: 0.7, spanS, longestGapS: 0.02, windows };
}

/** What waits stays at the 10 likes that 2,000/s and 5 ms make. */
export function madeBacklog(
  changed: Partial<NonNullable<TrialResult['backlog']>> = {},
): NonNullable<TrialResult['backlog']> {
  return { everyMs: 100, likes: [10, 11, 10], growthLikesPerS: 0, grows: false, ...changed };
}

export function pacedResult(changed: Partial<TrialResult> = {}): TrialResult {
  const perSecond = Array.from({ length: WARM_UP_S + MEASURED_S }, () => LIKES_PER_S);
  return madeResult({
    trial: '001-kafka-kill-paced',
    plan: {
      ...madePlan('paced'),
      likesPerS: LIKES_PER_S,
      warmUpS: WARM_UP_S,
      pace: '2,000/s',
    },
    workload: { name: 'trending', likes: LIKES, seed: 1, hash: 'abc' },
    ledger: cleanLedger({ attempted: LIKES, ok: LIKES, counted: LIKES }),
    rates: {
      publishedLikesPerS: LIKES_PER_S,
      sustainedLikesPerS: LIKES_PER_S,
      publishedPerSecond: perSecond,
      countedPerSecond: perSecond,
    },
    latencies: madeLatencies(),
    backlog: madeBacklog(),
    resources: madeResources(),
    settings: SETTINGS,
    audit: {
      rates: [madeWitness('published'), madeWitness('sustained')],
      due: { likes: DUE, spanS: (DUE - 1) / LIKES_PER_S },
      inSystem: { likes: 10, duePerS: LIKES_PER_S, spanS: MEASURED_S },
      clocks: CLOCKS,
      checks: [],
    },
    ...changed,
  });
}

export function closedResult(changed: Partial<TrialResult> = {}): TrialResult {
  const perSecond = Array.from({ length: WARM_UP_S + MEASURED_S }, () => LIKES_PER_S);
  return madeResult({
    trial: '002-kafka-kill-publish-then-count',
    plan: madePlan('publish-then-count'),
    workload: { name: 'trending', likes: LIKES, seed: 1, hash: 'abc' },
    ledger: cleanLedger({ attempted: LIKES, ok: LIKES, counted: LIKES }),
    rates: {
      publishedLikesPerS: LIKES_PER_S,
      publishedPerSecond: perSecond,
      countedPerSecond: [],
    },
    settings: SETTINGS,
    audit: { rates: [madeWitness('published')], clocks: CLOCKS, checks: [] },
    ...changed,
  });
}

/** Over HTTP at 2,000/s: 5 ms each, so that 10 requests are under way. */
export function pathResult(changed: Partial<TrialResult> = {}): TrialResult {
  const none = { shed: {}, limited: 0, refused: 0, unknown: 0, noAnswer: 0, invalid: 0 };
  return pacedResult({
    trial: '003-kafka-kill-path',
    plan: {
      ...madePlan('path'),
      ...{ likesPerS: LIKES_PER_S, warmUpS: WARM_UP_S, pace: '2,000/s' },
      path: { kind: 'queued', rule: 'tally', gateways: 1 },
    },
    path: {
      requests: { offered: LIKES, accepted: LIKES, ...none },
      api: clean,
      answerMsMax: 7,
      ...{ acceptedTwice: 0, acceptedUncounted: 0, acceptedUnacknowledged: 0, acceptedOther: 0 },
      isExact: true,
      cpuUsPerLike: { gateway: 100 },
      acceptedShareOutsideOutages: 1,
      generatorLagUsP99: 1_100,
      requestsAtOnceMax: 20,
    },
    ...{ rates: undefined, latencies: undefined, backlog: undefined },
    audit: {
      due: { likes: LIKES, spanS: (LIKES - 1) / LIKES_PER_S },
      inSystem: { likes: 10, duePerS: LIKES_PER_S, spanS: MEASURED_S },
      clocks: CLOCKS,
      checks: [],
    },
    ...changed,
  });
}

/** The names of the checks that hit. */
export function hitsOf(result: TrialResult): string[] {
  return auditResult(result)
    .filter(({ verdict }) => verdict === 'hit')
    .map(({ name }) => name);
}
