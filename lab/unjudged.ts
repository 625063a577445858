/** What stands in the result of a trial that nothing can be said of, and why. */
import type { Tier } from '../brokers/servers/server.ts';
import { faultOf, survivalOf } from './judge-faults.ts';
import { planFacts } from './plan-trial.ts';
import { type FaultPlan, nameOfFaults, type TrialPlan, variantOf } from './trial-plan.ts';

/** A fault that says nothing of this broker: no ledger, no strike, and why. */
export function notTested(plan: TrialPlan, tier: Tier, whyNot: string) {
  const { faults, ...result } = unjudged(plan, tier, `not tested: ${whyNot}`);
  return { ...result, ...(faults && { faults: { ...faults, whyNot } }) };
}

function noStrikes(plan: TrialPlan, faults: FaultPlan, tier: Tier) {
  const fault = faultOf(plan);
  const [name, target] = [nameOfFaults(faults), fault!.target];
  const promised = survivalOf(tier, fault);
  return { name, target, promised, strikes: [], valid: 0, void: 0, consumersReopened: 0 };
}

/** A trial that could not be judged: no ledger, no numbers, nothing that was not seen; a reason. */
export function unjudged(plan: TrialPlan, tier: Tier, reason: string) {
  const variant = variantOf(plan.made);
  return {
    plan: planFacts(plan, undefined),
    workload: { name: plan.workload, ...(variant !== undefined && { variant }), seed: plan.seed },
    settings: {},
    ...(plan.faults && { faults: noStrikes(plan, plan.faults, tier) }),
    verdict: 'unknown' as const,
    reasons: [reason],
    numbersValid: false,
    numbersStruck: [reason],
    notes: [],
  };
}
