/** Cuts cumulative counts into cells, one per day, video and action, and scales them. */
import { apportion } from './apportion.ts';
import { WorkloadError } from './planned-like.ts';
import type { TrendingRow } from './trending-data.ts';
import { USERS_MAX } from './users.ts';

/** So many likes, or unlikes, of one video on one day. */
export interface TrendingCell {
  readonly day: number;
  /** Place in `TrendingPlan.posts`. */
  readonly post: number;
  readonly action: 'like' | 'unlike';
  readonly amount: number;
}

/** What the whole stream will hold. */
export interface TrendingPlan {
  /** Every video of the file, in the order of their first day, also those without any like. */
  readonly posts: readonly string[];
  /** Sorted by day; none is empty. */
  readonly cells: readonly TrendingCell[];
  /** Sum of the amounts. */
  readonly events: number;
}

/** More presses than this on one listed day would take more than half a gigabyte to shuffle. */
export const DAY_EVENTS_MAX = 2 ** 28;

/** A place among the cells of one day has to fit 16 bits. */
const DAY_CELLS_MAX = 2 ** 16;

/**
 * A video's presses on a day are the difference to its previous listed day, a negative one being
 * unlikes; its first listed day carries all that it had till then.
 * @param rows sorted by day
 */
export function cellsOf(rows: readonly TrendingRow[]): TrendingPlan {
  const posts = new Map<string, number>();
  const last: number[] = [];
  const cells: TrendingCell[] = [];
  let day = -1;
  let date = '';
  for (const row of rows) {
    if (row.date !== date) day += 1;
    date = row.date;
    const post = posts.get(row.video) ?? posts.size;
    posts.set(row.video, post);
    const change = row.likes - (last[post] ?? 0);
    last[post] = row.likes;
    if (change === 0) continue;
    cells.push({ day, post, action: change > 0 ? 'like' : 'unlike', amount: Math.abs(change) });
  }
  return planOf([...posts.keys()], cells);
}

/**
 * Shares `likes` presses out over the cells by largest remainder. Cells are rounded one by one, so
 * a video's unlikes may come out above the likes that precede them, if only by a few; they are
 * kept, since moving them would break the rule by which a reader can check the counts.
 */
export function scaleCells(plan: TrendingPlan, likes: number): TrendingPlan {
  if (plan.events === 0) return plan;
  const amounts = apportion(
    plan.cells.map((cell) => cell.amount),
    likes,
  );
  const cells = plan.cells.map((cell, place) => ({ ...cell, amount: amounts[place]! }));
  return planOf(
    plan.posts,
    cells.filter((cell) => cell.amount > 0),
  );
}

/**
 * Checks that a plan fits what the stream can hold.
 * @throws WorkloadError DATA_INVALID when there is nothing to send, USAGE when it is too large
 */
export function checkPlan(plan: TrendingPlan): void {
  if (plan.events === 0) {
    throw new WorkloadError('DATA_INVALID', 'every count of the file is 0: give a file with likes');
  }
  const likesOfPost = new Float64Array(plan.posts.length);
  for (const [day, cells] of Map.groupBy(plan.cells, (cell) => cell.day)) {
    const events = cells.reduce((sum, cell) => sum + cell.amount, 0);
    if (events > DAY_EVENTS_MAX)
      throw tooLarge(`day ${day + 1} has ${events} presses`, DAY_EVENTS_MAX);
    if (cells.length > DAY_CELLS_MAX)
      throw tooLarge(`day ${day + 1} lists ${cells.length} videos`, DAY_CELLS_MAX);
    for (const cell of cells) if (cell.action === 'like') likesOfPost[cell.post]! += cell.amount;
  }
  const most = likesOfPost.indexOf(likesOfPost.reduce((one, other) => Math.max(one, other), 0));
  if (likesOfPost[most]! > USERS_MAX) {
    throw tooLarge(`${plan.posts[most]} gets ${likesOfPost[most]} likes`, USERS_MAX);
  }
}

function planOf(posts: readonly string[], cells: readonly TrendingCell[]): TrendingPlan {
  return { posts, cells, events: cells.reduce((sum, cell) => sum + cell.amount, 0) };
}

function tooLarge(what: string, allowed: number): WorkloadError {
  return new WorkloadError(
    'USAGE',
    `${what}, at most ${allowed} are possible: ask for fewer likes`,
  );
}
