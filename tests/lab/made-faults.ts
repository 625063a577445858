/** Strikes and struck trials, all sound, with what a test wants to be different. */
import { faultNamed } from '../../lab/faults/index.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { cleanLedger, madePlan, madeResult } from './made-result.ts';

export type FaultsResult = NonNullable<TrialResult['faults']>;
export type StrikeResult = FaultsResult['strikes'][number];

export function madeStrike(changed: Partial<StrikeResult> = {}): StrikeResult {
  return {
    beganMs: 3_000,
    tookMs: 40,
    proof: { pid: 41, endedBy: 'SIGKILL', pidAfter: 42 },
    doubts: [],
    acknowledgedInSecondBefore: 1_200,
    inFlight: 5,
    backlog: 600,
    queueLost: false,
    lost: 0,
    firstAcknowledgementMs: 130,
    firstDeliveryMs: 150,
    ...changed,
  };
}

/** What a trial of that fault tells of its strikes; the void are those with doubts. */
export function madeFaults(
  name: string,
  strikes: readonly StrikeResult[] = [madeStrike()],
  changed: Partial<FaultsResult> = {},
): FaultsResult {
  const valid = strikes.filter(({ doubts }) => doubts.length === 0).length;
  return {
    name,
    target: faultNamed(name).target,
    promised: 'survival',
    strikes: [...strikes],
    valid,
    void: strikes.length - valid,
    consumersReopened: 0,
    drainedMs: 1_500,
    ...changed,
  };
}

/** A trial that was struck and has no rates, since nobody takes any across a fault. */
export function struckResult(faults: FaultsResult, changed: Partial<TrialResult> = {}) {
  const { rates: _, ...made } = madeResult({ experiment: 'faults', plan: madePlan('faults') });
  return { ...made, faults, ledger: cleanLedger({ attempted: 120, ok: 110 }), ...changed };
}
