/** From a trial's evidence to its result: checked, measured, judged. */
import { auditFactsOf } from './audit/facts.ts';
import { checkEvidence } from './check-evidence.ts';
import type { CheckOutput } from './checker.ts';
import {
  damageOf,
  faultOf,
  faultsOf,
  isWindowTooLong,
  lossWindowMs,
  poisonMissingIn,
  promisesOrder,
  survivalOf,
  wasLostSince,
  whyVoid,
} from './judge-faults.ts';
import { judgeFigures } from './judge-figures.ts';
import { type Judgement, judge } from './ledger.ts';
import { measureAddedLatency } from './measure-added-latency.ts';
import { measureBacklog } from './measure-backlog.ts';
import { type Latencies, measureLatencies } from './measure-latency.ts';
import { copyLists, measureRates } from './measure-rates.ts';
import { measureReads } from './measure-reads.ts';
import { doubtsOfCrash, measureRecovery, type Recovery } from './measure-recovery.ts';
import { measureShardLoads } from './measure-shard-loads.ts';
import { measureShards } from './measure-shards.ts';
import { measureStates } from './measure-states.ts';
import { PathJudge } from './path/judge-path.ts';
import type { TrialEvidence } from './run-trial.ts';
import { settleRecords } from './settled-records.ts';
import { ruleOf } from './store-plan.ts';
import type { StoreToCheck, TrialContext } from './trial-context.ts';
import type { TrialPlan } from './trial-plan.ts';
import { coreShare, resourcesOf } from './trial-resources.ts';
import type { TrialResult } from './trial-result.ts';
import { judgeWritePath } from './write-path/judge-write-path.ts';

/** From this share of a core on, a process is what limits the rate. */
const CORE_SHARE_MAX = 0.9;

/** What of a result the trial itself decides; the run adds who, when and where. */
export type Judged = Pick<
  TrialResult,
  'verdict' | 'reasons' | 'numbersValid' | 'numbersStruck' | 'notes'
> &
  Pick<
    TrialResult,
    | 'ledger'
    | 'rates'
    | 'latencies'
    | 'addedLatency'
    | 'resources'
    | 'recovery'
    | 'faults'
    | 'states'
    | 'steady'
    | 'visible'
    | 'audit'
    | 'backlog'
    | 'shards'
    | 'hotSpot'
    | 'shardLoads'
    | 'reads'
    | 'path'
    | 'limiter'
    | 'writePath'
  >;

/** Reads every record and every shard once or twice; memory is about one byte a like. */
export async function judgeTrial(
  plan: TrialPlan,
  context: TrialContext,
  evidence: TrialEvidence,
): Promise<Judged> {
  await using store = await context.openStore(evidence.store);
  const pathJudge = plan.path && new PathJudge(plan, evidence);
  const checked = await checkEvidence(plan, evidence, store, pathJudge?.swept);
  const { strikes } = evidence;
  const ledger = { ...checked.ledger, poisonMissing: poisonMissingIn(strikes) };
  const lostSince = wasLostSince(strikes, checked);
  const fault = faultOf(plan);
  const { tier, promises } = context.broker;
  const survival = survivalOf(tier, fault, promises);
  const windowTooLong = isWindowTooLong(lossWindowMs(strikes, checked));
  const recovery = recoveryOf(plan, evidence, checked.lostOkUsFirst);
  const faults =
    plan.faults && faultsOf({ ...plan, faults: plan.faults }, evidence, checked, survival);
  const promised = {
    order: promisesOrder(promises, fault, survival),
    // Where the tier promises nothing, what a fault takes along is a finding.
    survival: survival === 'survival' || lostSince || (survival === 'all but 2 s' && windowTooLong),
  };
  const obstacles = [
    ...(await obstaclesOf(evidence, checked, store)),
    ...(lostSince ? ['some of them acknowledged after the fault, which no tier excuses'] : []),
    ...(recovery ? doubtsOfCrash(recovery, plan.crash!) : []),
    ...(faults ? [...whyVoid(faults), ...damageOf(faults)] : []),
  ];
  const overHttp = pathJudge?.judge(ledger, promised.survival);
  const traced = pathJudge && judgeWritePath(plan, evidence, pathJudge);
  const judgement = withBroken(judge(ledger, promised, obstacles), overHttp?.broken);

  const together = plan.mode !== 'publish-then-count';
  const { likes } = evidence.workload;
  const measured = measuredBy(plan, evidence);
  const rates = measureRates({ ...measured, likes, together });
  const latencies =
    plan.mode === 'paced'
      ? measureLatencies({ ...measured, likes, warmUpS: plan.warmUpS ?? 0 })
      : undefined;
  const shards = await measureShards(store);
  const { reads, doubts: readingDoubts } = measureReads({ ...evidence, likes });
  const { doubts, notes, ...figures } = judgeFigures(plan, measured);
  const struck = [
    ...(judgement.verdict === 'pass' ? [] : judgement.reasons),
    ...doubtsOf(plan, evidence, latencies),
    ...doubts,
    ...readingDoubts,
    ...(overHttp?.doubts ?? []),
    ...(traced?.struck ?? []),
  ];
  return {
    ...judgement,
    reasons: [...judgement.reasons],
    numbersValid: struck.length === 0,
    numbersStruck: struck,
    notes: [
      ...notesOf(evidence),
      ...notesOfLog(evidence, context),
      ...notesOfReader(plan),
      ...notes,
    ],
    ledger,
    // A rate or a cost across a fault would say nothing of either side of it.
    ...(strikes.length === 0 && {
      ...(hasRates(plan) && { rates: { ...rates, ...copyLists(rates) } }),
      resources: await resourcesOf(evidence, store, ledger.counted),
      audit: { ...auditFactsOf(plan, measured), ...overHttp?.audit },
    }),
    latencies,
    addedLatency: plan.calibrates
      ? measureAddedLatency({ ...plan, ...measured, likes })
      : undefined,
    ...figures,
    backlog: backlogOf(plan, measured),
    ...{ recovery, faults, shards, reads },
    states: plan.checksStates ? measureStates(evidence) : undefined,
    ...{ path: overHttp?.path, limiter: overHttp?.limiter, writePath: traced?.writePath },
    ...(plan.sharding && { shardLoads: await shardLoadsOf(plan, measured, store, shards) }),
  };
}

/** Where the schedule or what happens meanwhile decides them, they would say nothing. */
function hasRates({ hotSpot, path }: TrialPlan): boolean {
  return hotSpot === undefined && path === undefined;
}

/** Promises that the ledger knows nothing of. */
function withBroken(judgement: Judgement, broken: readonly string[] = []): Judgement {
  if (broken.length === 0) return judgement;
  return { verdict: 'fail', reasons: [...broken, ...judgement.reasons] };
}

/** What rates and latencies are taken from. */
function measuredBy(plan: TrialPlan, evidence: TrialEvidence): TrialEvidence {
  if (ruleOf(plan.store) === 'tally') return evidence;
  return { ...evidence, consumerRecords: settleRecords(evidence.consumerRecords) };
}

function shardLoadsOf(
  plan: TrialPlan,
  evidence: TrialEvidence,
  store: StoreToCheck,
  shards: NonNullable<TrialResult['shards']>,
): Promise<TrialResult['shardLoads']> {
  const { producerRecords, consumerRecords, workload, consumers } = evidence;
  const warmUpS = plan.mode === 'paced' ? (plan.warmUpS ?? 0) : undefined;
  const transactions = consumers.map(({ transactionsOfShard = [] }) => transactionsOfShard);
  const records = { producerRecords, consumerRecords, likes: workload.likes, warmUpS };
  return measureShardLoads({ ...records, transactions }, store, shards);
}

function backlogOf(plan: TrialPlan, evidence: TrialEvidence): TrialResult['backlog'] {
  const { mode, likesPerS, warmUpS = 0 } = plan;
  if (mode !== 'paced' || likesPerS === undefined) return undefined;
  const backlog = measureBacklog({ ...evidence, likesPerS, warmUpS });
  return backlog && { ...backlog, likes: [...backlog.likes] };
}

function recoveryOf(
  plan: TrialPlan,
  evidence: TrialEvidence,
  lostOkUsFirst: number | undefined,
): Recovery | undefined {
  const { strikes, consumers } = evidence;
  const crash = strikes[0];
  if (plan.crash === undefined || crash === undefined) return undefined;
  const consumersReopened = consumers.reduce((sum, { reopened }) => sum + reopened, 0);
  return measureRecovery({ ...evidence, crash, lostOkUsFirst, consumersReopened });
}

/** What keeps the trial from being judged, whatever the ledger says. */
async function obstaclesOf(
  { recordsOfKilled }: TrialEvidence,
  checked: CheckOutput,
  store: StoreToCheck,
): Promise<string[]> {
  // The records of a process that was killed on purpose may well end in the middle.
  const truncated = checked.truncations
    .filter(({ path }) => !recordsOfKilled.includes(path))
    .map(({ path, bytesLost }) => `${path} ends in the middle of a record (${bytesLost} bytes)`);
  return [...truncated, ...(await store.findProblems()).map((problem) => `store: ${problem}`)];
}

/** Why the numbers cannot stand although the counts may be right. */
function doubtsOf(
  plan: TrialPlan,
  evidence: TrialEvidence,
  latencies: Latencies | undefined,
): string[] {
  const doubts: string[] = [];
  // What a gateway could not send, its clients were told, and that is what is measured.
  if (evidence.strikes.length > 0 || plan.path !== undefined) return doubts;
  const sendErrors = evidence.producers.flatMap((report) => report.sendErrors);
  if (sendErrors.length > 0) doubts.push(`not every send was acknowledged: ${sendErrors[0]}`);
  if (plan.mode !== 'paced') return doubts;
  // How many samples there are, and whether the generator kept time, lab/audit looks at.
  if (latencies === undefined) doubts.push('no like became visible after the warm-up');
  return doubts;
}

function notesOf(evidence: TrialEvidence): string[] {
  const roles = [
    ...evidence.producers.map(
      ({ usage }) => [evidence.path ? 'gateway' : 'producer', usage] as const,
    ),
    ...evidence.consumers.map(({ usage }) => ['consumer', usage] as const),
    ...(evidence.path ? [['client', evidence.path.client.usage] as const] : []),
  ];
  const idle = evidence.consumers.filter(({ sums }) => sums.delivered === 0).length;
  const idleNotes =
    idle > 0 ? [`${idle} of ${evidence.consumers.length} consumers were given nothing`] : [];
  const bound = roles
    .filter(([, usage]) => coreShare(usage) > CORE_SHARE_MAX)
    .map(([role, usage]) => `client-bound: ${role} at ${Math.round(coreShare(usage) * 100)} %`);
  return [...bound, ...idleNotes];
}

/** A check that was left out must not look like one that found nothing. */
function notesOfLog({ strikes, log }: TrialEvidence, { broker }: TrialContext): string[] {
  const isLeftOut = strikes.length > 0 && broker.readLog !== undefined && log === undefined;
  return isLeftOut ? ["the server's own log was too long to be checked"] : [];
}

/** A read proves nothing where counts may fall, so nobody reads. */
function notesOfReader({ mode, store }: TrialPlan): string[] {
  if (mode !== 'paced' || ruleOf(store) === 'tally') return [];
  return ['no reader confirmed what was visible: under the rule states a count may fall'];
}
