/**
 * A crowd with a few users who like far more than all others: 0.1 % of the users make 5 % of the
 * likes. The share is that of a research note of ours; how users are spread in time is assumed, and
 * named where it is. Unlike the other workloads it also says when each like is due, since when one
 * user's likes come is all that a limiter sees.
 */
import { honestTimes } from './crowd-honest.ts';
import { type CrowdSize, crowdSize, HEAVY_KINDS, heavyTimes } from './crowd-scripts.ts';
import type { PlannedLike } from './planned-like.ts';
import { Random } from './random.ts';
import { userName } from './users.ts';
import { postNames, ZipfPosts } from './zipf-posts.ts';

export const CROWD_KINDS = ['honest', ...HEAVY_KINDS] as const;
export type CrowdKind = (typeof CROWD_KINDS)[number];

/** What the scripts are written around: some of them know the limit. */
export interface CrowdLimit {
  /** Of one user, in the long run. */
  readonly likesPerS: number;
  /** Of one user, at once. */
  readonly burst: number;
}

export interface CrowdOptions {
  /** Whole number from 0 to 2^32 - 1. */
  readonly seed: number;
  /** Of all users together. */
  readonly likesPerS: number;
  readonly seconds: number;
  readonly limit: CrowdLimit;
}

export interface CrowdLike extends PlannedLike {
  /** From the start of the load; a whole number. */
  readonly dueUs: number;
  readonly kind: CrowdKind;
}

export interface Crowd extends CrowdSize {
  /** In the order in which they are due; their seqs are dense from 0. */
  readonly likes: readonly CrowdLike[];
}

/** When one user likes: µs from the start, in any order. */
export interface UserTimes {
  readonly kind: CrowdKind;
  readonly timesUs: readonly number[];
}

const POSTS = 10_000;
const POST_SEQUENCE = 8_201;

/**
 * The same options give the same likes. A user who presses a post again takes the like back.
 * @throws WorkloadError USAGE when so few likes do not hold one user of each kind
 */
export function makeCrowd(options: CrowdOptions): Crowd {
  const size = crowdSize(options);
  const users: UserTimes[] = [...heavyTimes(options, size), ...honestTimes(options, size)];
  const presses = users.flatMap(({ kind, timesUs }, place) =>
    timesUs.map((dueUs) => ({ kind, dueUs, user: userName(place) })),
  );
  presses.sort((one, other) => one.dueUs - other.dueUs);
  const names = postNames(POSTS);
  const posts = new ZipfPosts(POSTS, Random.seeded(options.seed, POST_SEQUENCE));
  const versions = new Map<string, number>();
  const likes = presses.map(({ kind, dueUs, user }, seq): CrowdLike => {
    const post = names[posts.draw()]!;
    const version = (versions.get(`${user} ${post}`) ?? 0) + 1;
    versions.set(`${user} ${post}`, version);
    const action = version % 2 === 1 ? 'like' : 'unlike';
    return { seq, dueUs, kind, user, post, action, version, retry: false };
  });
  return { ...size, likes };
}
