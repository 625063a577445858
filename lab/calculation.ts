/** A step without a queue: what is said of a workload by counting its likes. */
import { authorPostNames } from '../likes/workloads/author-posts.ts';
import { openWorkload } from '../likes/workloads/workload.ts';
import { POSTS_MAX } from '../likes/workloads/zipf-posts.ts';
import {
  calculateLoads,
  calculateMoves,
  expectedByLetter,
  type RoutingRules,
} from './calculate-loads.ts';
import { planFacts } from './plan-trial.ts';
import { type TrialPlan, variantOf, workloadOptionsOf } from './trial-plan.ts';
import type { TrialResult } from './trial-result.ts';

/** Such as `zipf 1.2`. */
export function streamOf({ workload, made }: Pick<TrialPlan, 'workload' | 'made'>): string {
  return made?.exponent === undefined ? workload : `${workload} ${made.exponent}`;
}

/**
 * The parts of the result that the calculation decides. It is a pass when it comes to its end: no
 * like was sent, so none could be lost.
 * @throws Error when the lab was given no routings; WorkloadError
 */
export function runCalculation(plan: TrialPlan, rules: RoutingRules | undefined) {
  if (rules === undefined) throw new Error('a calculation needs the routings of the store');
  const workload = openWorkload(plan.workload, workloadOptionsOf(plan));
  const { loads, hash } = calculateLoads(workload, streamOf(plan), rules);
  const hasAuthors = plan.workload === 'newest' || plan.made?.authors;
  const letters = rules(1).find(({ name }) => name === 'letters');
  const variant = variantOf(plan.made);
  const calculatedLoads: NonNullable<TrialResult['calculatedLoads']> = {
    ...loads,
    ...(hasAuthors && letters && { lettersExpected: expectedByLetter(letters) }),
    // Which keys move depends on the ids alone: one stream is enough, and has ids of every kind.
    ...(plan.workload === 'newest' && {
      moves: calculateMoves(authorPostNames(POSTS_MAX, plan.seed, 'created'), rules),
    }),
  };
  return {
    plan: planFacts(plan, undefined),
    workload: {
      name: plan.workload,
      ...(variant !== undefined && { variant }),
      likes: workload.likes,
      seed: plan.seed,
      hash,
    },
    settings: {},
    verdict: 'pass' as const,
    reasons: [],
    numbersValid: true,
    numbersStruck: [],
    notes: [],
    calculatedLoads,
  };
}
