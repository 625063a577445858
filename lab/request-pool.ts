/** Which posts are asked for: as popular in reads as they are in likes. */
import { openWorkload, type WorkloadName } from '../likes/workloads/workload.ts';
import { type TrialPlan, workloadOptionsOf } from './trial-plan.ts';

/** Likes of a stream of its own from which posts are drawn. */
const DRAWS_MAX = 400_000;
/** Requests are made before the clock starts, so that making them costs the reader nothing. */
const REQUESTS_MAX = 4_000;
const POSTS_MAX = 100_000;
/** Keeps the draws apart from the likes of the trial. */
const SEED_ADDED = 7_919;
const SEED_END = 2 ** 32;

/**
 * Requests of so many different posts each, to be asked for in turn: the posts of the next likes of
 * the same workload with another seed. Fewer posts where the workload has no more.
 */
export function requestPool(plan: TrialPlan, postsPerRequest: number): string[][] {
  const options = workloadOptionsOf(plan);
  const seed = (options.seed + SEED_ADDED) % SEED_END;
  const workload = openWorkload(plan.workload satisfies WorkloadName, {
    ...options,
    ...{ likes: DRAWS_MAX, seed },
  });
  const size = Math.min(postsPerRequest, workload.posts.length);
  const requestsMax = Math.max(1, Math.min(REQUESTS_MAX, Math.floor(POSTS_MAX / size)));
  const requests: string[][] = [];
  let request = new Set<string>();
  for (const { post } of workload.stream()) {
    request.add(post);
    if (request.size < size) continue;
    requests.push([...request]);
    request = new Set();
    if (requests.length === requestsMax) break;
  }
  return requests.length > 0 ? requests : [[...request]];
}
