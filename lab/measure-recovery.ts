/** What a crash of the server cost, from the records of a trial. Times in ms, on its clock. */
import type { StrikeFacts } from './fault-trial.ts';
import { measureStrikes } from './measure-strikes.ts';
import type { CrashPlan } from './trial-plan.ts';
import { whatHolds } from './what-holds.ts';

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
  readonly crash: StrikeFacts;
  readonly drainedUs: number;
  readonly lostOkUsFirst: number | undefined;
  readonly consumersReopened: number;
}

export function measureRecovery(input: RecoveryInput): Recovery {
  const { crash, lostOkUsFirst } = input;
  const { beganUs, recoversFromUs, overUs } = crash;
  const [strike] = measureStrikes([crash], input);
  const { pid, endedBy, pidAfter } = crash.proof.facts;
  const sinceReapedMs = (us: number | undefined) =>
    us === undefined ? undefined : (us - recoversFromUs) / 1000;
  return {
    pid: Number(pid),
    endedBy: String(endedBy),
    pidAfter: Number(pidAfter),
    acknowledgedInSecondBefore: strike!.acknowledgedInSecondBefore,
    inFlightAtKill: strike!.inFlight,
    backlogAtKill: strike!.backlog,
    queueLost: crash.queueLost,
    consumersReopened: input.consumersReopened,
    lossWindowMs:
      lostOkUsFirst === undefined ? undefined : Math.max(0, (beganUs - lostOkUsFirst) / 1000),
    answersMs: sinceReapedMs(overUs)!,
    firstAcknowledgementMs: sinceReapedMs(strike!.firstAcknowledgedUs),
    firstDeliveryMs: sinceReapedMs(strike!.firstDeliveredUs),
    drainedMs: sinceReapedMs(input.drainedUs)!,
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
  return whatHolds(doubts).map((text) => VOID + text);
}

export function isVoidReason(reason: string): boolean {
  return reason.startsWith(VOID);
}
