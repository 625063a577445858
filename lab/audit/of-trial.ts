/** The audit of our own results: what a result claims, and what becomes of its numbers. */
import { histogramOf, LATENCY_US_MAX } from '../latency-histogram.ts';
import { ruleOf } from '../store-plan.ts';
import type { TrialResult } from '../trial-result.ts';
import type { Audited, Check } from './check.ts';
import { audit } from './checks.ts';
import type { Claims, LatencyClaim, SettingClaim, WorkClaim } from './claims.ts';
import { auditAgainst } from './of-run.ts';
import { offeredOf, ratesOf } from './rates-of-trial.ts';
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

export function claimsOfTrial(result: TrialResult): Claims {
  const { clocks } = result.audit ?? {};
  const generator = generatorOf(result);
  return {
    unit: 'likes',
    rates: ratesOf(result),
    latencies: [
      ...(result.latencies ? latenciesOf(result.latencies) : []),
      ...pathLatenciesOf(result),
    ],
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
    ...(generator && { generator }),
    load: loadOf(result),
  };
}

function latenciesOf(latencies: Latencies): LatencyClaim[] {
  return LATENCY_NAMES.map((name) => latencyOf(name, latencies[name], latencies.likesDue));
}

/** Each accepted request has an answer, and that is when it is one. */
function pathLatenciesOf({ path }: TrialResult): LatencyClaim[] {
  return path?.api ? [latencyOf('due to accepted', path.api, path.api.samples)] : [];
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

function flowsOf({ latencies, path, audit: facts }: TrialResult): Claims['flows'] {
  const inSystem = facts?.inSystem;
  const latency = path ? path.api : latencies?.dueToVisible;
  if (inSystem === undefined || latency === undefined) return [];
  const { meanUs, maxUs } = latency;
  const perS = inSystem.duePerS;
  // At both ends of the time are likes that are in the one figure only, for as long as the longest.
  const ends = ((perS * meanUs) / 1e6) * (maxUs / 1e6 / inSystem.spanS);
  return [
    {
      name: path ? 'due to accepted' : 'due to visible',
      perS,
      meanMs: meanUs / 1000,
      inSystem: inSystem.likes,
      inSystemOff: 2 * ends,
    },
  ];
}

/** What was read back, against what the result says; its own words are no witness of each other. */
function settingsOf({ tier, plan, settings }: TrialResult): SettingClaim[] {
  const claims: SettingClaim[] = tierClaims(tier, settings);
  const shards = settings['store shards'];
  if (shards !== undefined) {
    const labelled = String(plan.shards);
    claims.push({ what: 'shards', labelled, found: shards, holds: shards === labelled });
  }
  // Stores by tally do not name their rule.
  const [labelled, found] = [ruleOf(plan.store), settings['store rule'] ?? 'tally'];
  if (labelled !== found) claims.push({ what: 'rule', labelled, found, holds: false });
  else if (found !== 'tally') claims.push({ what: 'rule', labelled, found, holds: true });
  return claims;
}

/** Where nothing was struck, each like is counted once; and each commit is as safe as another's. */
function workOf({ plan, ledger, workload, faults, recovery, settings }: TrialResult): WorkClaim[] {
  const claims: WorkClaim[] = [];
  const synchronous = settings['store synchronous'];
  if (synchronous !== undefined) {
    const what = 'store synchronous';
    claims.push({ what, evidence: synchronous, holds: synchronous === 'FULL' });
  }
  if (ledger !== undefined && faults === undefined && recovery === undefined) {
    // A gateway tells its clients what it could not send, which then is no like of anybody.
    const handedOn = plan.path ? ledger.ok + ledger.recovered : undefined;
    const likes = handedOn ?? workload.likes ?? ledger.attempted;
    const done = ledger.counted + ledger.parked;
    const evidence = `${ledger.counted} counted and ${ledger.parked} parked of ${likes}`;
    claims.push({ what: 'each like counted once', evidence, holds: done === likes });
  }
  return claims;
}

/**
 * Whether a load was more than could be borne, the trend of what waits tells. A rate over the time
 * until the last like is visible does not: it is below what was offered by as much as likes take.
 */
function loadOf(result: TrialResult): Claims['load'] {
  const { plan, backlog } = result;
  if (plan.mode === 'publish-then-count' || plan.mode === 'sustained') return { kind: 'closed' };
  if (plan.mode !== 'paced') return { kind: 'open' };
  return {
    kind: 'open',
    offeredPerS: offeredOf(result),
    ...(backlog && { trend: { perS: backlog.growthLikesPerS, grows: backlog.grows } }),
  };
}

/** Modes whose generator has a schedule, and says how late it was. */
const KEEPS_SCHEDULE: readonly TrialResult['plan']['mode'][] = ['paced', 'hot-spot', 'path'];

/** How far the number of likes in a time may be from its mean by chance: four standard errors. */
const CHANCE_FACTOR = 4;

function generatorOf({ plan, path, resources, audit: facts }: TrialResult): Claims['generator'] {
  if (!KEEPS_SCHEDULE.includes(plan.mode)) return undefined;
  const lagUs = resources?.generatorLagUsP99 ?? path?.generatorLagUsP99;
  const { due } = facts ?? {};
  if (lagUs === undefined && due === undefined) return undefined;
  return {
    ...(lagUs !== undefined && { lagMsP99: lagUs / 1000 }),
    ...(due !== undefined &&
      plan.likesPerS !== undefined && {
        due: {
          // Between n moments are n - 1 gaps.
          perS: (due.likes - 1) / due.spanS,
          plannedPerS: plan.likesPerS,
          shareOff: plan.arrivals === 'poisson' ? CHANCE_FACTOR / Math.sqrt(due.likes) : 0,
        },
      }),
  };
}
