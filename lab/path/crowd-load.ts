/** The requests of a trial that limits users: a crowd in place of an even load of a workload. */
import { type Crowd, makeCrowd } from '../../likes/workloads/crowd.ts';
import type { TrialPlan } from '../trial-plan.ts';

/** How such a load is called where others name their workload. */
export const CROWD = 'crowd';

/**
 * The crowd of a plan, the same whoever asks; undefined where the plan limits nobody.
 * @throws WorkloadError USAGE when its load is too small for one
 */
export function crowdOf({ path, seed, likes, likesPerS }: TrialPlan): Crowd | undefined {
  if (path?.limiter === undefined) return undefined;
  return makeCrowd({ seed, ...loadOf({ likes, likesPerS }), limit: path.limiter });
}

export function loadOf({ likes, likesPerS }: Pick<TrialPlan, 'likes' | 'likesPerS'>) {
  if (likesPerS === undefined || likes === 'all') {
    throw new Error('a trial that limits users has a rate and an end');
  }
  return { likesPerS, seconds: likes / likesPerS };
}
