/** What the counts must be at the end of `trending`, by a rule that never looks at the stream. */
import type { ExpectedCount } from './planned-like.ts';
import type { TrendingPlan } from './trending-cells.ts';
import type { TrendingRow } from './trending-data.ts';

/**
 * For the whole data. Likes less unlikes is the number on the video's last line, and the unlikes
 * are the falls between its lines; no cell is looked at.
 * @param rows sorted by day
 */
export function expectWhole(rows: readonly TrendingRow[]): Map<string, ExpectedCount> {
  const expected = new Map<string, ExpectedCount>();
  for (const [video, lines] of Map.groupBy(rows, (row) => row.video)) {
    const counts = lines.map((line) => line.likes);
    const falls = counts.map((count, place) => Math.max(0, (counts[place - 1] ?? 0) - count));
    const unlikes = falls.reduce((sum, fall) => sum + fall, 0);
    expected.set(video, { likes: counts.at(-1)! + unlikes, unlikes });
  }
  return expected;
}

/** For scaled data: the sums of the scaled cells, and 0 for a video that has none. */
export function expectScaled(plan: TrendingPlan): Map<string, ExpectedCount> {
  const counts = plan.posts.map(() => ({ likes: 0, unlikes: 0 }));
  for (const cell of plan.cells) {
    const count = counts[cell.post]!;
    if (cell.action === 'like') count.likes += cell.amount;
    else count.unlikes += cell.amount;
  }
  return new Map(plan.posts.map((post, place) => [post, counts[place]!]));
}
