/** Holds a summary against exact counts: what a sketch of m counters promises, and nothing else. */
import type { HotSummary } from '../../../store/hot/space-saving.ts';

export type Truth = ReadonlyMap<string, number>;

/** Exact counts of the same likes, added one by one. */
export function countExactly(likes: Iterable<readonly [post: string, likes: number]>): Truth {
  const truth = new Map<string, number>();
  for (const [post, sum] of likes) truth.set(post, (truth.get(post) ?? 0) + sum);
  return truth;
}

/** Everything in the summary that contradicts the exact counts, in words; empty when it holds. */
export function contradictions(summary: HotSummary, truth: Truth, counters: number): string[] {
  const { total, posts, unlistedMax } = summary;
  const found: string[] = [];
  const n = [...truth.values()].reduce((sum, likes) => sum + likes, 0);
  if (total !== n) found.push(`its total is ${total}, not ${n}`);
  if (posts.length > counters) found.push(`it lists ${posts.length} posts`);
  if (unlistedMax > n / counters) found.push(`unlisted posts may have ${unlistedMax}`);
  const listed = new Set(posts.map(({ post }) => post));
  if (listed.size !== posts.length) found.push('it lists a post twice');
  for (const [post, likes] of truth) {
    if (listed.has(post)) continue;
    if (likes > unlistedMax) found.push(`${post} has ${likes} and is not listed`);
    if (likes > n / counters) found.push(`${post} has more than n / m and is not listed`);
  }
  let last = Number.POSITIVE_INFINITY;
  for (const { post, likes, error } of posts) {
    const exact = truth.get(post) ?? 0;
    if (exact > likes) found.push(`${post} has ${exact}, estimated ${likes}`);
    if (exact < likes - error) found.push(`${post} has ${exact}, at least ${likes - error}`);
    if (error > n / counters) found.push(`${post} has an error of ${error}`);
    if (likes > last) found.push(`${post} stands below a smaller one`);
    last = likes;
  }
  return found;
}
