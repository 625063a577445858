/**
 * Which likes, in which order: seeded, repeatable, the same for every broker. A workload knows
 * neither the source nor the time of a like; who sends it adds both.
 */
import { LikeStream, RETRY_SHARE } from './like-stream.ts';
import { type ExpectedCount, type PlannedLike, WorkloadError } from './planned-like.ts';
import { TogglesMaker } from './toggles.ts';
import { TrendingMaker } from './trending.ts';
import { cellsOf, checkPlan, scaleCells } from './trending-cells.ts';
import { readTrendingRows, TRENDING_FILE } from './trending-data.ts';
import { expectScaled, expectWhole } from './trending-expected.ts';
import { USERS_MAX } from './users.ts';
import {
  DOUBLE_PRESS_SHARE,
  FLASH_SHARE,
  flashRank,
  flashWindow,
  type MadeOptions,
  ZipfMaker,
} from './zipf.ts';
import { POSTS_MAX, postNames } from './zipf-posts.ts';

export {
  type ExpectedCount,
  likesOf,
  type PlannedLike,
  takeNext,
  WorkloadError,
} from './planned-like.ts';
export { WorkloadHash } from './workload-hash.ts';

export type WorkloadName = 'trending' | 'zipf' | 'flash' | 'toggles';

/** Every workload with one line for `--help`; the first is the default. */
export const WORKLOADS: readonly { readonly name: WorkloadName; readonly summary: string }[] = [
  { name: 'trending', summary: 'real like counts of 1,800 videos over 29 days of 2017' },
  { name: 'zipf', summary: 'made: few posts are popular, most are not (s = 0.99, 10,000 posts)' },
  { name: 'flash', summary: 'made: zipf, and one post takes half of it in the middle third' },
  { name: 'toggles', summary: 'made: users press the same post 2 to 6 times, like and unlike' },
];

/** No stream holds more distinct likes. Made ones stay at or below USERS_MAX, 67,108,864. */
export const LIKES_MAX = 1_000_000_000;

export const POSTS_DEFAULT = 10_000;

const SEED_MAX = 2 ** 32 - 1;

export interface WorkloadOptions {
  /** Distinct likes, or `all` for the whole data of `trending`. */
  readonly likes: number | 'all';
  /** Whole number from 0 to 2^32 - 1. */
  readonly seed: number;
  /** `trending` only: a CSV file of one's own with the columns date, video_id and likes. */
  readonly data?: string;
  /** All but `trending`: how many posts there are, 10,000 unless told, at most POSTS_MAX. */
  readonly posts?: number;
  /** `flash` only: the share of the likes that its post takes while it is viral; 0.5 unless told. */
  readonly flashShare?: number | undefined;
}

export interface FlashPost {
  readonly post: string;
  readonly share: number;
  readonly start: number;
  readonly end: number;
}

export interface Workload {
  readonly name: WorkloadName;
  readonly seed: number;
  /** Distinct likes, with seqs from 0 to one less; retries come on top. */
  readonly likes: number;
  /** Every post that can occur, each once. */
  readonly posts: readonly string[];
  /** Chance of a like to be sent once more with the same seq. */
  readonly retryShare: number;
  /** Chance of a press to be followed by one with the same action and a new seq and version. */
  readonly doublePressShare: number;
  /**
   * `flash`: the post that goes viral, its share of the likes meanwhile (on top of what it has
   * anyway), and the first and, exclusive, the last seq at which it is.
   */
  readonly flash?: FlashPost | undefined;
  /**
   * What each post must have at the end when each distinct like is counted once, posts without any
   * included. Undefined where no rule but the stream itself could tell.
   */
  expectedCounts(): Map<string, ExpectedCount> | undefined;
  /**
   * Every call starts anew and gives the same likes. Each like handed out is an object of its own.
   */
  stream(): Iterable<PlannedLike>;
}

/**
 * @throws WorkloadError USAGE for an unknown name or an option out of its bounds, DATA_UNREADABLE
 * or DATA_INVALID for the file of `trending`
 */
export function openWorkload(name: WorkloadName, options: WorkloadOptions): Workload {
  checkNumber('seed', options.seed, { least: 0, most: SEED_MAX });
  switch (name) {
    case 'trending':
      return openTrending(options);
    case 'zipf':
    case 'flash':
      checkFlashShare(name, options.flashShare);
      return openMade(name, options, (made) => new ZipfMaker(made, name));
    case 'toggles':
      return openMade(name, options, (made) => new TogglesMaker(made));
    default: {
      const known = WORKLOADS.map((workload) => workload.name).join(', ');
      throw usage(`no workload is called ${JSON.stringify(name)}: choose one of ${known}`);
    }
  }
}

function openTrending(options: WorkloadOptions): Workload {
  const { seed, likes } = options;
  if (options.posts !== undefined) {
    throw usage('trending takes its posts from the file: leave the number of posts out');
  }
  if (likes !== 'all') checkNumber('likes', likes, { least: 1, most: LIKES_MAX });
  const rows = readTrendingRows(options.data ?? TRENDING_FILE);
  const whole = cellsOf(rows);
  const plan = likes === 'all' ? whole : scaleCells(whole, likes);
  checkPlan(plan);
  return {
    name: 'trending',
    seed,
    likes: plan.events,
    posts: plan.posts,
    retryShare: RETRY_SHARE,
    doublePressShare: 0,
    expectedCounts: () => (likes === 'all' ? expectWhole(rows) : expectScaled(plan)),
    stream: () => new LikeStream(new TrendingMaker(plan, seed), { likes: plan.events, seed }),
  };
}

function openMade(
  name: WorkloadName,
  options: WorkloadOptions,
  openMaker: (made: MadeOptions) => ZipfMaker | TogglesMaker,
): Workload {
  const { likes, seed, posts = POSTS_DEFAULT } = options;
  if (likes === 'all') throw usage(`${name} has no end: give a number of likes instead of all`);
  if (options.data !== undefined) {
    throw usage(`${name} reads no file: leave the data out, or choose trending`);
  }
  checkNumber('likes', likes, { least: 1, most: USERS_MAX });
  checkNumber('posts', posts, { least: 1, most: POSTS_MAX });
  return {
    name,
    seed,
    likes,
    flash: name === 'flash' ? flashOf(options.flashShare, { likes, posts }) : undefined,
    posts: postNames(posts),
    retryShare: RETRY_SHARE,
    doublePressShare: DOUBLE_PRESS_SHARE,
    expectedCounts: () => undefined,
    stream: () =>
      new LikeStream(openMaker({ likes, posts, seed, flashShare: options.flashShare }), {
        likes,
        seed,
      }),
  };
}

function flashOf(
  share = FLASH_SHARE,
  { likes, posts }: { readonly likes: number; readonly posts: number },
): FlashPost {
  return { post: postNames(posts)[flashRank(posts)]!, share, ...flashWindow(likes) };
}

function checkFlashShare(name: WorkloadName, share: number | undefined): void {
  if (share === undefined) return;
  if (name !== 'flash') throw usage(`${name} has no post that goes viral: leave the share out`);
  if (share > 0 && share < 1) return;
  throw usage(`the share of the viral post is ${share}: give a number between 0 and 1`);
}

function checkNumber(what: string, value: number, bounds: { least: number; most: number }): void {
  const { least, most } = bounds;
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw usage(`${what} is ${value}: give a whole number from ${least} to ${most}`);
}

function usage(message: string): WorkloadError {
  return new WorkloadError('USAGE', message);
}
