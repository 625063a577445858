/** The audit of our own results: what a result claims, and what becomes of its numbers. */
import { histogramOf, LATENCY_US_MAX } from '../latency-histogram.ts';
import { WARM_UP_SHARE } from '../measure-rates.ts';
import type { TrialResult } from '../trial-result.ts';
import type { Audited, Check } from './check.ts';
import { windowSpread } from './checks/rates.ts';
import { audit } from './checks.ts';
import type { Claims, LatencyClaim, RateClaim, SettingClaim, WorkClaim } from './claims.ts';
import { auditAgainst } from './of-run.ts';
import { tierClaims } from './tier-settings.ts';

type Latencies = NonNullable<TrialResult['latencies']>;
type Summary = Latencies['dueToVisible'];

const LATENCY_NAMES = [
  'dueToVisible',
  'dueToSent',
  'sentToDelivered',
  'deliveredToVisible',
  'sentToAcknowledged',
] as const;

/** The fourteen checks on one result of ours, from what stands in it alone. */
export function auditResult(result: TrialResult): Audited[] {
  return audit(claimsOfTrial(result));
}

/**
 * The result with what the audit found in it, alone and beside those before it in its run. Each hit
 * strikes the numbers out.
 */
export function withAudit(result: TrialResult, before: readonly TrialResult[] = []): TrialResult {
  const checks = auditResult(result);
  const struck = [...checks, ...auditAgainst(result, before)]
    .filter(({ verdict }) => verdict === 'hit')
    .map(({ name, evidence }) => `${strikeOf(name)} ${evidence}`);
  const numbersStruck = [...result.numbersStruck, ...struck];
  return {
    ...result,
    numbersValid: numbersStruck.length === 0,
    numbersStruck,
    audit: { ...result.audit, checks },
  };
}

/** Whether a reason in `numbersStruck` is a hit of this check. */
export function isStruckBy(reason: string, { name }: Pick<Check, 'name'>): boolean {
  return reason.startsWith(strikeOf(name));
}

function strikeOf(name: string): string {
  return `audit, ${name}:`;
}

/** Struck for nothing but that its rate differed from second to second. */
export function isOnlyUnsteady({ verdict, numbersStruck }: TrialResult): boolean {
  return verdict === 'pass' && numbersStruck.every((reason) => isStruckBy(reason, windowSpread));
}

export function claimsOfTrial(result: TrialResult): Claims {
  const { plan, resources, audit: facts } = result;
  const isPaced = plan.mode === 'paced';
  const lagUs = isPaced ? resources?.generatorLagUsP99 : undefined;
  const { clocks } = facts ?? {};
  return {
    unit: 'likes',
    rates: ratesOf(result),
    latencies: result.latencies ? latenciesOf(result.latencies) : [],
    flows: flowsOf(result),
    settings: settingsOf(result),
    work: workOf(result),
    ...(clocks?.resolutionUs !== undefined && {
      clock: {
        resolutionMs: clocks.resolutionUs / 1000,
        skewMs: clocks.skewUs / 1000,
        skewBoundMs: clocks.skewBoundUs / 1000,
      },
    }),
    ...(lagUs !== undefined && { generator: { lagMsP99: lagUs / 1000 } }),
    load: loadOf(result),
  };
}

function ratesOf(result: TrialResult): RateClaim[] {
  const { rates, plan, audit: facts } = result;
  if (rates === undefined) return [];
  return (['published', 'counted', 'sustained'] as const).flatMap((name) => {
    const perS = rates[`${name}LikesPerS`];
    if (perS === undefined) return [];
    const witness = facts?.rates?.find((rate) => rate.name === name);
    return [
      {
        name,
        perS,
        offeredPerS: plan.mode === 'paced' ? plan.likesPerS : undefined,
        events: witness?.likes,
        eventsWithWarmUp: witness?.likesWithWarmUp,
        spanS: witness?.spanS,
        longestGapS: witness?.longestGapS,
        windowsPerS: fullWindows(result, name, witness),
        windowS: 1,
      },
    ];
  });
}

/**
 * The full seconds of a rate after the warm-up. The first and the last second that anything was
 * done in are full by chance only. Without a witness the warm-up ends where its share of likes is
 * reached.
 */
function fullWindows(
  { rates, plan }: TrialResult,
  name: 'published' | 'counted' | 'sustained',
  witness: { fromS: number; spanS: number } | undefined,
): number[] {
  const perSecond = name === 'published' ? rates!.publishedPerSecond : rates!.countedPerSecond;
  if (witness !== undefined) {
    const { fromS, spanS } = witness;
    // What is sent after the warm-up is visible a little later.
    const first = Math.ceil(fromS) + (name === 'sustained' ? 1 : 0);
    return perSecond.slice(first, Math.max(first, Math.floor(fromS + spanS)));
  }
  const total = perSecond.reduce((sum, count) => sum + count, 0);
  const least = plan.warmUpS ?? 0;
  let counted = 0;
  const first = perSecond.findIndex((count, second) => {
    const isOver = counted >= total * WARM_UP_SHARE && second >= least && counted > 0;
    counted += count;
    return isOver;
  });
  return first === -1 ? [] : perSecond.slice(first, -1);
}

function latenciesOf(latencies: Latencies): LatencyClaim[] {
  return LATENCY_NAMES.map((name) => latencyOf(name, latencies[name], latencies.likesDue));
}

function latencyOf(name: string, summary: Summary, likesDue: number): LatencyClaim {
  const { samples, p50Us, p90Us, p99Us, p999Us, maxUs, meanUs } = summary;
  const quoted = [
    { percent: 50, ms: p50Us / 1000 },
    { percent: 90, ms: p90Us / 1000 },
    { percent: 99, ms: p99Us / 1000 },
    ...(p999Us === undefined ? [] : [{ percent: 99.9, ms: p999Us / 1000 }]),
  ];
  // The wait of a producer that is idle is 0 and a bit, which says nothing of two clocks.
  const isBetweenProcesses = name === 'dueToVisible' || name === 'sentToDelivered';
  return {
    name,
    meanMs: meanUs / 1000,
    maxMs: maxUs / 1000,
    samples,
    events: likesDue,
    dropped: Math.max(0, samples - keptIn(summary)),
    notPositive: isBetweenProcesses ? summary.notPositive : 0,
    quoted,
    histogram: { floorMs: isBetweenProcesses ? 0 : undefined, topMs: LATENCY_US_MAX / 1000 },
  };
}

/** How many samples the histogram itself holds. */
function keptIn(summary: Summary): number {
  return histogramOf(summary).totalCount;
}

function flowsOf({ latencies, audit: facts }: TrialResult): Claims['flows'] {
  const inSystem = facts?.inSystem;
  if (inSystem === undefined || latencies === undefined) return [];
  const { meanUs, maxUs } = latencies.dueToVisible;
  const perS = inSystem.duePerS;
  // At both ends of the time are likes that are in the one figure only, for as long as the longest.
  const ends = ((perS * meanUs) / 1e6) * (maxUs / 1e6 / inSystem.spanS);
  return [
    {
      name: 'due to visible',
      perS,
      meanMs: meanUs / 1000,
      inSystem: inSystem.likes,
      inSystemOff: 2 * ends,
    },
  ];
}

function settingsOf({ trial, broker, tier, plan, settings }: TrialResult): SettingClaim[] {
  const claims: SettingClaim[] = tierClaims(tier, settings);
  const name = `${broker}-${tier}-`;
  const found = `${broker} at ${tier}`;
  claims.push({ what: 'trial', labelled: trial, found, holds: trial.includes(name) });
  const shards = settings['store shards'];
  if (shards !== undefined) {
    const labelled = String(plan.shards);
    claims.push({ what: 'shards', labelled, found: shards, holds: shards === labelled });
  }
  const named = /^([\d,]+)\/s$/.exec(plan.pace ?? '')?.[1];
  if (named !== undefined && plan.likesPerS !== undefined) {
    const perS = Number(named.replaceAll(',', ''));
    const found = `${plan.likesPerS}/s`;
    claims.push({ what: 'pace', labelled: plan.pace!, found, holds: perS === plan.likesPerS });
  }
  return claims;
}

/** Where nothing was struck, each like is counted once; and each commit is as safe as another's. */
function workOf({ ledger, workload, faults, recovery, settings }: TrialResult): WorkClaim[] {
  const claims: WorkClaim[] = [];
  const synchronous = settings['store synchronous'];
  if (synchronous !== undefined) {
    const what = 'store synchronous';
    claims.push({ what, evidence: synchronous, holds: synchronous === 'FULL' });
  }
  if (ledger !== undefined && faults === undefined && recovery === undefined) {
    const likes = workload.likes ?? ledger.attempted;
    const done = ledger.counted + ledger.parked;
    const evidence = `${ledger.counted} counted and ${ledger.parked} parked of ${likes}`;
    claims.push({ what: 'each like counted once', evidence, holds: done === likes });
  }
  return claims;
}

function loadOf({ plan, rates }: TrialResult): Claims['load'] {
  if (plan.mode !== 'paced') return { kind: 'closed' };
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const { publishedPerSecond = [], countedPerSecond = [] } = rates ?? {};
  // The last second is that of what is left, which is taken off whatever had waited.
  const sent = sum(publishedPerSecond.slice(0, -1));
  const counted = sum(countedPerSecond.slice(0, Math.max(0, publishedPerSecond.length - 1)));
  return {
    kind: 'open',
    offeredPerS: plan.likesPerS,
    reachedPerS: rates?.sustainedLikesPerS,
    ...(sent > 0 && { growth: (sent - counted) / sent }),
  };
}
