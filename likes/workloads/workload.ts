/**
 * Which likes, in which order: seeded, repeatable, the same for every broker. A workload knows
 * neither the source nor the time of a like; who sends it adds both.
 */
import { authorPostNames } from './author-posts.ts';
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
  postsAtStart,
  topShareOf,
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

export type WorkloadName = 'trending' | 'zipf' | 'flash' | 'toggles' | 'newest';

/** Every workload with one line for `--help`; the first is the default. */
export const WORKLOADS: readonly { readonly name: WorkloadName; readonly summary: string }[] = [
  { name: 'trending', summary: 'real like counts of 1,800 videos over 29 days of 2017' },
  { name: 'zipf', summary: 'made: few posts are popular, most are not (s = 0.99, 10,000 posts)' },
  { name: 'flash', summary: 'made: zipf, and one post takes half of it in the middle third' },
  { name: 'toggles', summary: 'made: users press the same post 2 to 6 times, like and unlike' },
  {
    name: 'newest',
    summary: 'made: posts are created all the time, and the newest are liked most',
  },
];

/** No stream holds more distinct likes. Made ones stay at or below USERS_MAX, 67,108,864. */
export const LIKES_MAX = 1_000_000_000;

export const POSTS_DEFAULT = 10_000;

const SEED_MAX = 2 ** 32 - 1;

/** Above this one post has nearly everything. */
const EXPONENT_MAX = 3;

export interface WorkloadOptions {
  /** Distinct likes, or `all` for the whole data of `trending`. */
  readonly likes: number | 'all';
  /** Whole number from 0 to 2^32 - 1. */
  readonly seed: number;
  /** `trending` only: a CSV file of one's own with the columns date, video_id and likes. */
  readonly data?: string;
  /** All but `trending`: how many posts there are, 10,000 unless told, at most POSTS_MAX. */
  readonly posts?: number;
  /** `zipf`, `flash` and `newest`: the exponent of their Zipf law, 0 to 3; 0.99 unless told. */
  readonly exponent?: number;
  /** `zipf` and `flash`: ids of their posts such as `garcia-00042`, as `newest` has them anyway. */
  readonly authors?: boolean;
  /** `flash`: the share of the likes that its post takes while it is viral; 0.5 unless told. */
  readonly flashShare?: number;
}

/** A post that goes viral for a while, on top of what it is liked anyway. */
export interface FlashPost {
  readonly post: string;
  /** Of all likes, meanwhile. */
  readonly share: number;
  /** The first and, exclusive, the last seq of that time. */
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
  /** How many of them were there when the stream begins: the first ones of `posts` by creation. */
  readonly postsAtStart: number;
  /**
   * The share of the likes that the most liked post has, over all of them and while it has most, by
   * a closed form; undefined where there is none.
   */
  readonly topShare?: { readonly whole: number; readonly most: number } | undefined;
  /** `flash` only. */
  readonly flash?: FlashPost | undefined;
  /** Chance of a like to be sent once more with the same seq. */
  readonly retryShare: number;
  /** Chance of a press to be followed by one with the same action and a new seq and version. */
  readonly doublePressShare: number;
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
    case 'newest':
    case 'toggles':
      return openMade(name, options);
    default: {
      const known = WORKLOADS.map((workload) => workload.name).join(', ');
      throw usage(`no workload is called ${JSON.stringify(name)}: choose one of ${known}`);
    }
  }
}

function openTrending(options: WorkloadOptions): Workload {
  const { seed, likes } = options;
  for (const made of ['posts', 'exponent', 'authors', 'flashShare'] as const) {
    if (options[made] === undefined) continue;
    throw usage(`trending takes its posts from the file: leave the ${MADE_WORDS[made]} out`);
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
    postsAtStart: new Set(rows.filter((row) => row.date === rows[0]!.date).map((row) => row.video))
      .size,
    retryShare: RETRY_SHARE,
    doublePressShare: 0,
    expectedCounts: () => (likes === 'all' ? expectWhole(rows) : expectScaled(plan)),
    stream: () => new LikeStream(new TrendingMaker(plan, seed), { likes: plan.events, seed }),
  };
}

/** How the options of made workloads are called in messages. */
const MADE_WORDS = {
  posts: 'number of posts',
  exponent: 'exponent',
  authors: 'authors',
  flashShare: 'share of a viral post',
} as const;

function openMade(name: Exclude<WorkloadName, 'trending'>, options: WorkloadOptions): Workload {
  const made = madeOptionsOf(name, options);
  const { likes, posts, seed } = made;
  const make = () => (name === 'toggles' ? new TogglesMaker(made) : new ZipfMaker(made, name));
  return {
    name,
    seed,
    likes,
    posts: made.names ?? postNames(posts),
    postsAtStart: name === 'newest' ? postsAtStart(posts) : posts,
    topShare: name === 'toggles' ? undefined : topShareOf(name, made),
    flash: name === 'flash' ? flashOf(made) : undefined,
    retryShare: RETRY_SHARE,
    doublePressShare: DOUBLE_PRESS_SHARE,
    expectedCounts: () => undefined,
    stream: () => new LikeStream(make(), { likes, seed }),
  };
}

function madeOptionsOf(name: WorkloadName, options: WorkloadOptions): MadeOptions {
  const { likes, seed, posts = POSTS_DEFAULT, exponent, authors = false } = options;
  if (likes === 'all') throw usage(`${name} has no end: give a number of likes instead of all`);
  if (options.data !== undefined) {
    throw usage(`${name} reads no file: leave the data out, or choose trending`);
  }
  checkNumber('likes', likes, { least: 1, most: USERS_MAX });
  checkNumber('posts', posts, { least: 1, most: POSTS_MAX });
  if (name === 'toggles' && (exponent !== undefined || authors)) {
    throw usage('toggles has one exponent and no authors: leave both out, or choose zipf');
  }
  if (exponent !== undefined && !(exponent >= 0 && exponent <= EXPONENT_MAX)) {
    throw usage(`exponent is ${exponent}: give a number from 0 to ${EXPONENT_MAX}`);
  }
  const { flashShare } = options;
  if (flashShare !== undefined && name !== 'flash') {
    throw usage(`${name} has no post that goes viral: leave its share out, or choose flash`);
  }
  if (flashShare !== undefined && !(flashShare > 0 && flashShare < 1)) {
    throw usage(`the share of the viral post is ${flashShare}: give a number between 0 and 1`);
  }
  const order = name === 'newest' ? 'created' : 'shuffled';
  const names = name === 'newest' || authors ? authorPostNames(posts, seed, order) : undefined;
  return { likes, posts, seed, exponent, names, flashShare };
}

function flashOf({ likes, posts, flashShare = FLASH_SHARE, names }: MadeOptions): FlashPost {
  const post = (names ?? postNames(posts))[flashRank(posts)]!;
  return { post, share: flashShare, ...flashWindow(likes) };
}

function checkNumber(what: string, value: number, bounds: { least: number; most: number }): void {
  const { least, most } = bounds;
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw usage(`${what} is ${value}: give a whole number from ${least} to ${most}`);
}

function usage(message: string): WorkloadError {
  return new WorkloadError('USAGE', message);
}
