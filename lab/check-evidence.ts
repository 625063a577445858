/** The check of a trial by the rule that its store counts by. */
import { openWorkload, type PlannedLike } from '../likes/workloads/workload.ts';
import { checkStates } from './check-states.ts';
import { type CheckInput, type CheckOutput, check } from './checker.ts';
import { countAttempted } from './count-deliveries.ts';
import { momentsOf } from './judge-faults.ts';
import { checkDirect } from './path/check-direct.ts';
import { handedOnPath, readHandedOn } from './path/handed-on.ts';
import type { TrialEvidence } from './run-trial.ts';
import { ruleOf } from './store-plan.ts';
import type { StoreToCheck } from './trial-context.ts';
import { producerWorkloadOf, type TrialPlan } from './trial-plan.ts';

/** Each like by its mark, or each by the state of its user and post. */
export function checkByRule(plan: TrialPlan, input: CheckInput): Promise<CheckOutput> {
  if (ruleOf(plan.store) === 'states') {
    const planned = plan.path ? handedOnIn(input) : (place: number) => plannedOf(plan, place);
    return checkStates({ ...input, planned });
  }
  return plan.path?.kind === 'direct' ? checkDirect(input) : check(input);
}

/** Gateways number likes in the order in which they come, whatever was planned. */
function handedOnIn({ producerRecords }: CheckInput): (producer: number) => PlannedLike[] {
  return (producer) => readHandedOn(handedOnPath(String(producerRecords[producer])));
}

/** What a producer of the trial was to send, in the order in which producers were opened. */
function plannedOf(plan: TrialPlan, producer: number): Iterable<PlannedLike> {
  return openWorkload(plan.workload, producerWorkloadOf(plan, producer)).stream();
}

export function checkEvidence(
  plan: TrialPlan,
  evidence: TrialEvidence,
  store: StoreToCheck,
  swept?: CheckInput['swept'],
): Promise<CheckOutput> {
  const attempted =
    evidence.producers.reduce((sum, { sums }) => sum + sums.attempted, 0) +
    attemptedByKilled(evidence);
  const allAcknowledged =
    evidence.drained &&
    attempted === evidence.workload.likes &&
    evidence.producers.every(({ sums }) => sums.fail + sums.unknown === 0);
  return checkByRule(plan, {
    ...evidence,
    stored: store,
    parked: evidence.parked.map(({ text }) => text),
    left: evidence.left,
    sums: { attempted },
    momentsUs: momentsOf(evidence.strikes),
    swept,
    expected:
      allAcknowledged && plan.path === undefined ? evidence.workload.expectedCounts() : undefined,
  });
}

/** A producer that was killed tells no sum: its records are the only witness of its sends. */
function attemptedByKilled({ producerRecords, recordsOfKilled }: TrialEvidence): number {
  return producerRecords
    .filter((path) => recordsOfKilled.includes(path))
    .reduce((sum, path) => sum + countAttempted(path), 0);
}
