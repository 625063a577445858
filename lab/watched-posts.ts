/** Which posts a reader watches: few, and such as really get likes. */
import { Random } from '../likes/workloads/random.ts';
import type { Workload } from '../likes/workloads/workload.ts';

/** Of all posts of the workload, within the bounds below. */
const WATCHED_SHARE = 0.01;
const POSTS_LEAST = 3;
/** More would cost the reader more than a look at a count may take of two cores. */
const POSTS_MAX = 20;
/** Where no rule tells how many likes a post gets, this much of the stream is looked at. */
const LIKES_LOOKED_AT_MAX = 20_000;
/** Keeps the choice apart from the random numbers of the workloads with the same seed. */
const WATCHED_SEQUENCE = 7_301;

/**
 * 1 % of the posts, at least 3 and at most 20, the same for the same seed. A post's chance grows
 * with its likes, and one without any is never chosen.
 */
export function watchedPosts(workload: Workload): string[] {
  const likesOf = likesByPost(workload);
  const wanted = Math.round(WATCHED_SHARE * workload.posts.length);
  const count = Math.min(POSTS_MAX, Math.max(POSTS_LEAST, wanted));
  return chooseByWeight(likesOf, count, Random.seeded(workload.seed, WATCHED_SEQUENCE));
}

/**
 * `count` different keys, or all where there are fewer; those of weight 0 never. Each key draws
 * u^(1/weight), u even between 0 and 1, and the largest are taken (Efraimidis and Spirakis,
 * Weighted random sampling with a reservoir, Information Processing Letters 97, 2006).
 */
export function chooseByWeight(
  weights: ReadonlyMap<string, number>,
  count: number,
  random: Random,
): string[] {
  const drawn: { readonly key: string; readonly place: number }[] = [];
  for (const [key, weight] of weights) {
    if (weight > 0) drawn.push({ key, place: Math.log(1 - random.nextUnit()) / weight });
  }
  drawn.sort((one, other) => other.place - one.place);
  return drawn.slice(0, count).map(({ key }) => key);
}

function likesByPost(workload: Workload): Map<string, number> {
  const expected = workload.expectedCounts();
  const sums = new Map<string, number>();
  if (expected !== undefined) {
    for (const [post, { likes, unlikes }] of expected) sums.set(post, likes + unlikes);
    return sums;
  }
  let lookedAt = 0;
  for (const { post, retry } of workload.stream()) {
    if (lookedAt++ === LIKES_LOOKED_AT_MAX) break;
    if (!retry) sums.set(post, (sums.get(post) ?? 0) + 1);
  }
  return sums;
}
