/** What was promised in a trial that something was done to, and what of its strikes counts. */
import type { Promises } from '../brokers/broker.ts';
import { survivesKill, type Tier } from '../brokers/servers/server.ts';
import type { CheckOutput } from './checker.ts';
import { countDeliveries } from './count-deliveries.ts';
import type { StrikeFacts } from './fault-trial.ts';
import type { Fault } from './faults/fault.ts';
import { measureStrikes, type StrikeMeasures, type StrikeMoments } from './measure-strikes.ts';
import { requestsUnderWay } from './path/measure-path.ts';
import { readRequests } from './path/request-records.ts';
import type { TrialEvidence } from './run-trial.ts';
import {
  type FaultPlan,
  faultOfStrike,
  faultsOfPlan,
  nameOfFaults,
  type Survival,
  type TrialPlan,
} from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';
import { whatHolds } from './what-holds.ts';

/** What `everysec` may lose: likes that the server acknowledged while an fsync was late. */
const LOSS_WINDOW_MS_MAX = 2_000;

/** Targets whose survival is a question of the tier, the hardest first. */
const TARGETS_BY_TIER = ['power', 'server'] as const;

type FaultsResult = NonNullable<TrialResult['faults']>;
type StrikeResult = FaultsResult['strikes'][number];

/**
 * What the tier says of acknowledged likes under a fault. Only the death of the server and a power
 * cut are a question of the tier; nothing else may ever lose one, unless the broker says that its
 * promise ends on a full disk.
 */
export function survivalOf(
  tier: Tier,
  fault: Pick<Fault, 'target' | 'fillsDisk'> | undefined,
  promises: Pick<Promises, 'survivalEndsOnFullDisk'> = {},
): Survival {
  if (fault?.fillsDisk && promises.survivalEndsOnFullDisk) return 'nothing';
  if (fault?.target !== 'server' && fault?.target !== 'power') return 'survival';
  if (tier === 'everysec') return 'all but 2 s';
  const survives = fault.target === 'power' ? tier === 'power' : survivesKill(tier);
  return survives ? 'survival' : 'nothing';
}

/** The fault of a trial; undefined where nothing is done to it. */
export function faultOf(plan: TrialPlan): Pick<Fault, 'target' | 'fillsDisk'> | undefined {
  if (plan.faults === undefined) return plan.crash && { target: 'server' };
  const all = faultsOfPlan(plan.faults);
  // Of several the one that may take likes along decides what is promised.
  const takesMost = TARGETS_BY_TIER.map((wanted) => all.find(({ target }) => target === wanted));
  return takesMost.find((fault) => fault !== undefined) ?? all[0];
}

/** `survival`: what the tier says of acknowledged likes under that fault. */
export function promisesOrder(
  promises: Promises,
  fault: Pick<Fault, 'target'> | undefined,
  survival: Survival,
): boolean {
  const restarts = fault?.target === 'server' || fault?.target === 'power';
  const ends =
    (restarts && promises.orderEndsWithServer) ||
    (survival !== 'survival' && promises.orderEndsWithLoss);
  return promises.order === 'per-post' && !ends;
}

/** Poison has no id: what was injected must be parked, one by one. Undefined without any. */
export function poisonMissingIn(strikes: readonly StrikeFacts[]): number | undefined {
  const facts = strikes.map(({ proof }) => proof.facts);
  const told = facts.filter(
    ({ injected, parked }) => injected !== undefined && parked !== undefined,
  );
  if (told.length === 0) return undefined;
  return told.reduce((sum, { injected, parked }) => sum + Number(injected) - Number(parked), 0);
}

/** Whether a lost like was acknowledged when every fault was over and undone. */
export function wasLostSince(strikes: readonly StrikeFacts[], checked: CheckOutput): boolean {
  const last = strikes.at(-1);
  return last !== undefined && (checked.lostOkUsLast ?? 0) > last.restoredUs;
}

/**
 * Up to when what was acknowledged met each fault. Not when it began: an acknowledgement may still
 * come while the signal is on its way, and would else be taken for one long before the next fault.
 */
export function momentsOf(strikes: readonly StrikeFacts[]): number[] {
  return strikes.map(({ restoredUs }) => restoredUs);
}

/**
 * How long before its fault the first of the lost likes was acknowledged, at most. Back from the
 * blow, not from the begin: a kill that waits for a slow fsync falls seconds later, and what was
 * acknowledged meanwhile is as lost as what was acknowledged before.
 */
export function lossWindowMs(strikes: readonly StrikeFacts[], checked: CheckOutput): number {
  const windows = strikes.map((strike, place) => windowOf(strike, place, checked) ?? 0);
  return Math.max(0, ...windows);
}

export function isWindowTooLong(windowMs: number): boolean {
  return windowMs > LOSS_WINDOW_MS_MAX;
}

function windowOf(
  { beganUs, proof }: StrikeFacts,
  place: number,
  { lostBefore }: CheckOutput,
): number | undefined {
  const firstUs = lostBefore?.[place]?.okUsFirst;
  return firstUs === undefined
    ? undefined
    : Math.max(0, ((proof.struckUs ?? beganUs) - firstUs) / 1000);
}

/** The strikes as they stand in the result, each valid or void with its reasons. */
export function faultsOf(
  plan: TrialPlan & { readonly faults: FaultPlan },
  evidence: TrialEvidence,
  checked: CheckOutput,
  promised: Survival,
): FaultsResult {
  const { strikes, consumers, drainedUs } = evidence;
  const several = faultsOfPlan(plan.faults).length > 1;
  // A fault that looks for a victim first is measured at the blow, not when it began to look.
  const moments = strikes.map(({ beganUs, overUs, proof }) => {
    return { beganUs: proof.struckUs ?? beganUs, overUs };
  });
  const measures = withRequests(measureStrikes(moments, evidence), moments, evidence);
  const afterwards = doubtsAfterwards(plan.faults, evidence);
  const told = strikes.map((strike, place) => {
    const measured = measures[place]!;
    const doubts = [
      ...strike.proof.doubts,
      ...doubtsOfLoad(measured, plan.faults),
      ...afterwards[place]!,
    ];
    const lost = checked.lostBefore?.[place]?.count ?? 0;
    const lossMs = windowOf(strike, place, checked);
    const { name } = faultOfStrike(plan.faults, place);
    const result = strikeResult(strike, measured, { doubts, lost, lossMs });
    return several ? { ...result, fault: name } : result;
  });
  const last = strikes.at(-1);
  return {
    name: nameOfFaults(plan.faults),
    target: faultOf(plan)!.target,
    promised,
    strikes: told,
    valid: told.filter(({ doubts }) => doubts.length === 0).length,
    void: told.filter(({ doubts }) => doubts.length > 0).length,
    consumersReopened: consumers.reduce((sum, { reopened }) => sum + reopened, 0),
    drainedMs: last && (drainedUs - last.recoversFromUs) / 1000,
  };
}

/** Over HTTP what is under way are requests; a gateway's sends come and go between them. */
function withRequests(
  measures: readonly StrikeMeasures[],
  moments: readonly StrikeMoments[],
  { path }: TrialEvidence,
): readonly StrikeMeasures[] {
  if (path === undefined) return measures;
  const underWay = requestsUnderWay(
    readRequests(path.requests),
    moments.map(({ beganUs }) => beganUs),
  );
  return measures.map((measured, place) => ({ ...measured, inFlight: underWay[place]! }));
}

function strikeResult(
  strike: StrikeFacts,
  measured: StrikeMeasures,
  found: { doubts: string[]; lost: number; lossMs: number | undefined },
): StrikeResult {
  const { beganUs, recoversFromUs, overUs, queueLost, proof } = strike;
  const sinceMs = (us: number | undefined) =>
    us === undefined ? undefined : (us - recoversFromUs) / 1000;
  return {
    beganMs: beganUs / 1000,
    tookMs: (overUs - beganUs) / 1000,
    proof: { ...proof.facts },
    doubts: found.doubts,
    acknowledgedInSecondBefore: measured.acknowledgedInSecondBefore,
    inFlight: measured.inFlight,
    backlog: measured.backlog,
    queueLost,
    lost: found.lost,
    lossWindowMs: found.lossMs,
    firstAcknowledgementMs: sinceMs(measured.firstAcknowledgedUs),
    firstDeliveryMs: sinceMs(measured.firstDeliveredUs),
  };
}

function doubtsOfLoad(measured: StrikeMeasures, { acknowledgedLeast }: FaultPlan): string[] {
  const { acknowledgedInSecondBefore: found, inFlight, firstAcknowledgedUs } = measured;
  return whatHolds([
    [
      found < acknowledgedLeast,
      `${found} likes were acknowledged in the second before, fewer than ${acknowledgedLeast}`,
    ],
    [inFlight <= 0, 'no send was under way'],
    [firstAcknowledgedUs === undefined, 'nothing was acknowledged afterwards'],
  ]);
}

/** What only the records can tell, such as whether a batch came again. */
function doubtsAfterwards(plan: FaultPlan, evidence: TrialEvidence): string[][] {
  const { strikes, consumerRecords } = evidence;
  const asks = faultsOfPlan(plan).some((fault) => fault.doubtsAfterwards !== undefined);
  if (!asks) return strikes.map(() => []);
  const wanted = strikes.map(({ proof: { facts, countsFromUs }, recoversFromUs }) => ({
    source: String(facts.source),
    seq: Number(facts.seq),
    fromUs: countsFromUs ?? recoversFromUs,
  }));
  const times = countDeliveries(consumerRecords, wanted);
  return strikes.map(({ proof }, place) => {
    const fault = faultOfStrike(plan, place);
    return fault.doubtsAfterwards?.(proof.facts, times[place]!) ?? [];
  });
}

/** Why the trial as a whole proves nothing; empty when any strike counts. */
export function whyVoid({ strikes, valid }: FaultsResult): string[] {
  if (valid > 0) return [];
  const reasons = new Set(strikes.flatMap(({ doubts }) => doubts));
  return [...reasons].map((reason) => `void: ${reason}`);
}

/**
 * What no valid strike makes up for: a broker that did not come back, or came back empty, and
 * consumers that did not end by themselves when they were told to.
 */
export function damageOf({ strikes, promised }: FaultsResult): string[] {
  const silent = strikes.filter(
    ({ firstAcknowledgementMs }) => firstAcknowledgementMs === undefined,
  );
  const ungraceful = strikes.filter(({ proof }) => Number(proof.ungraceful ?? 0) > 0);
  const emptied = strikes.filter(({ queueLost }) => queueLost && promised === 'survival');
  return [
    ...(silent.length > 0 ? [`nothing was acknowledged after ${silent.length} of its faults`] : []),
    ...(emptied.length > 0 ? [`the queue itself was gone after ${emptied.length} of them`] : []),
    ...(ungraceful.length > 0 ? ['consumers did not end by themselves on SIGTERM'] : []),
  ];
}
