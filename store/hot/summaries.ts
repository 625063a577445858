/** Summaries of several sketches as one, and how much of one is worth sending. Pure. */
import { COUNTERS_DEFAULT, type HotSummary, type PostEstimate } from './space-saving.ts';

/**
 * What sketches of m counters each, fed by different likes, know together. It holds for the sum of
 * their likes what each of them held for its own, so it may be merged again. A post that one of
 * them does not list got at most `unlistedMax` likes there: that is added to its estimate and to
 * its error alike. Of all the m largest stay (M. Cafaro, M. Pulimeno, P. Tempesta, "A parallel
 * space saving algorithm for frequent items and the Hurwitz zeta distribution", Information
 * Sciences 329, 2016): with e the sum of the `unlistedMax`, all estimates less e add up to n - m e
 * at most, so what is dropped is n / m at most.
 */
export function mergeSummaries(
  summaries: readonly HotSummary[],
  counters = COUNTERS_DEFAULT,
): HotSummary {
  const unlisted = summaries.reduce((sum, { unlistedMax }) => sum + unlistedMax, 0);
  const merged = new Map<string, { post: string; likes: number; error: number }>();
  for (const { posts, unlistedMax } of summaries) {
    for (const { post, likes, error } of posts) {
      // It begins as if nobody listed it; whoever does takes its own part of that back.
      const sum = merged.get(post) ?? { post, likes: unlisted, error: unlisted };
      sum.likes += likes - unlistedMax;
      sum.error += error - unlistedMax;
      merged.set(post, sum);
    }
  }
  const total = summaries.reduce((sum, summary) => sum + summary.total, 0);
  const posts = [...merged.values()].sort(byLikes);
  return largestOf({ total, posts, unlistedMax: unlisted }, counters);
}

/** The `most` largest; what is left out raises what an unlisted post may have. */
export function largestOf(summary: HotSummary, most: number): HotSummary {
  const { total, posts, unlistedMax } = summary;
  if (posts.length <= most) return summary;
  const dropped = posts[most]!.likes;
  return { total, posts: posts.slice(0, most), unlistedMax: Math.max(unlistedMax, dropped) };
}

/** The largest first, ties in the order of their ids. */
function byLikes(one: PostEstimate, other: PostEstimate): number {
  return other.likes - one.likes || (one.post < other.post ? -1 : 1);
}
