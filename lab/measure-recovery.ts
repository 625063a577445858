/** What a crash of the server cost, from the records of a trial. Times in ms, on its clock. */
import type { CrashFacts } from './crash.ts';
import { LikeStates, STATE } from './like-states.ts';
import { KIND } from './record-format.ts';
import { mergeByTime, Names, type RecordBlock, readRecords } from './record-reader.ts';
import type { CrashPlan } from './trial-plan.ts';

const SECOND_US = 1_000_000;
/** Of the likes that the least load brings while the consumers are held. */
const BACKLOG_SHARE_LEAST = 0.5;
/** Reasons that begin so say that the fault proved nothing, and nothing against the broker. */
const VOID = 'void: ';

export interface Recovery {
  /** The proof, as the system told it. */
  readonly pid: number;
  readonly endedBy: string;
  readonly pidAfter: number;
  /** The load: likes acknowledged in the second before the kill, sent and not yet answered at it,
   * acknowledged and not yet delivered. */
  readonly acknowledgedInSecondBefore: number;
  readonly inFlightAtKill: number;
  readonly backlogAtKill: number;
  readonly queueLost: boolean;
  readonly consumersReopened: number;
  /** From the acknowledgement of the first lost like to the kill; undefined when none is lost. */
  readonly lossWindowMs: number | undefined;
  /**
   * All of these from the moment when the dead process was reaped and its start was ordered. Firsts
   * count once the server answers: until then clients still hand out what the dead one had sent.
   */
  readonly answersMs: number;
  readonly firstAcknowledgementMs: number | undefined;
  readonly firstDeliveryMs: number | undefined;
  readonly drainedMs: number;
}

export interface RecoveryInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  readonly crash: CrashFacts & { readonly drainedUs: number };
  readonly lostOkUsFirst: number | undefined;
  readonly consumersReopened: number;
}

export function measureRecovery(input: RecoveryInput): Recovery {
  const { crash, lostOkUsFirst } = input;
  const { killedUs, reapedUs, answersUs, proof } = crash;
  const sends = sumSends(readAll(input.producerRecords), killedUs, answersUs);
  const sinceReapedMs = (us: number | undefined) =>
    us === undefined ? undefined : (us - reapedUs) / 1000;
  return {
    pid: proof.pid,
    endedBy: proof.endedBy,
    pidAfter: crash.pidAfter,
    acknowledgedInSecondBefore: sends.okInSecond,
    inFlightAtKill: sends.begun - sends.answered,
    backlogAtKill: countBacklog(input, killedUs),
    queueLost: crash.queueLost,
    consumersReopened: input.consumersReopened,
    lossWindowMs:
      lostOkUsFirst === undefined ? undefined : Math.max(0, (killedUs - lostOkUsFirst) / 1000),
    answersMs: sinceReapedMs(answersUs)!,
    firstAcknowledgementMs: sinceReapedMs(sends.firstOkAfterUs),
    firstDeliveryMs: sinceReapedMs(firstDelivery(readAll(input.consumerRecords), answersUs)),
    drainedMs: sinceReapedMs(crash.drainedUs)!,
  };
}

/** Why a kill proves nothing; empty when it does. */
export function doubtsOfCrash(recovery: Recovery, plan: CrashPlan): string[] {
  const { acknowledgedLeast, holdS } = plan;
  const backlogLeast = Math.ceil(BACKLOG_SHARE_LEAST * acknowledgedLeast * holdS);
  const doubts: [boolean, string][] = [
    [recovery.endedBy !== 'SIGKILL', `the server ended by ${recovery.endedBy}, not by SIGKILL`],
    [recovery.pid === recovery.pidAfter, 'the same process was there afterwards'],
    [recovery.pidAfter === 0, 'no process was there afterwards'],
    [
      recovery.acknowledgedInSecondBefore < acknowledgedLeast,
      `${recovery.acknowledgedInSecondBefore} likes were acknowledged in the second before the ` +
        `kill, fewer than ${acknowledgedLeast}`,
    ],
    [recovery.inFlightAtKill <= 0, 'no send was under way at the kill'],
    [
      recovery.backlogAtKill < backlogLeast,
      `${recovery.backlogAtKill} likes were waiting at the kill, fewer than ${backlogLeast}`,
    ],
    [
      recovery.firstAcknowledgementMs === undefined,
      'nothing was acknowledged after the restart: the load had ended before it',
    ],
  ];
  return doubts.filter(([holds]) => holds).map(([, text]) => VOID + text);
}

export function isVoidReason(reason: string): boolean {
  return reason.startsWith(VOID);
}

function readAll(paths: readonly string[], names = new Names()): Iterable<RecordBlock> {
  return mergeByTime(paths.map((path) => readRecords(path, names, () => undefined)));
}

function sumSends(blocks: Iterable<RecordBlock>, killedUs: number, answersUs: number) {
  const sums = {
    begun: 0,
    answered: 0,
    okInSecond: 0,
    firstOkAfterUs: undefined as number | undefined,
  };
  for (const { kind, count, timeUs } of blocks) {
    if (kind === KIND.ok && timeUs >= answersUs) sums.firstOkAfterUs ??= timeUs;
    if (timeUs > killedUs) continue;
    if (kind === KIND.attempted) sums.begun += count;
    else sums.answered += count;
    if (kind === KIND.ok && timeUs > killedUs - SECOND_US) sums.okInSecond += count;
  }
  return sums;
}

function firstDelivery(blocks: Iterable<RecordBlock>, answersUs: number): number | undefined {
  let firstUs: number | undefined;
  for (const { kind, timeUs } of blocks) {
    if (kind === KIND.delivered && timeUs >= answersUs) firstUs ??= timeUs;
  }
  return firstUs;
}

/**
 * Likes, not sums: a queue that knows a like again acknowledges its second send and keeps one, and
 * a like may be delivered twice, or before its acknowledgement.
 */
function countBacklog(input: RecoveryInput, killedUs: number): number {
  const names = new Names();
  const likes = new LikeStates();
  let backlog = 0;
  for (const { kind, count, source, seq, timeUs } of readAll(input.producerRecords, names)) {
    if (kind !== KIND.ok || timeUs > killedUs) continue;
    for (let index = 0; index < count; index++) {
      if (!likes.mark(source, seq(index), STATE.ok)) backlog++;
    }
  }
  for (const { kind, count, source, seq, timeUs } of readAll(input.consumerRecords, names)) {
    if (kind !== KIND.delivered || timeUs > killedUs) continue;
    for (let index = 0; index < count; index++) {
      if (likes.take(source, seq(index), STATE.ok)) backlog--;
    }
  }
  return backlog;
}
