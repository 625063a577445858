/** What follows from a result, where an experiment goes on from what it has found. */
import type { Job } from './schedule.ts';
import type { TrialResult } from './trial-result.ts';

export interface FollowUp {
  /** The result, with what was made of it when it is a step of a search. */
  readonly result: TrialResult;
  readonly next?: Job;
  readonly decision?: string;
}

/** `before`: all results of the run but this one. */
export function followUp(job: Job, before: readonly TrialResult[], result: TrialResult): FollowUp {
  const { experiment, order, broker, tier } = job;
  if (experiment.next === undefined || order === undefined) return { result };
  const own = [...before, result].filter(
    (one) => one.experiment === experiment.name && one.broker === broker && one.tier === tier,
  );
  const { step, decision } = experiment.next(own, order) ?? {};
  return {
    result: decision === undefined ? result : withDecision(result, decision),
    ...(step !== undefined && { next: { ...job, step } }),
    ...(decision !== undefined && { decision }),
  };
}

function withDecision(result: TrialResult, decision: string): TrialResult {
  const { capacity } = result;
  if (capacity?.probe === undefined) return result;
  return { ...result, capacity: { ...capacity, probe: { ...capacity.probe, decision } } };
}
