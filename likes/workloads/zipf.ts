/**
 * Likes on made-up posts: skewed (`zipf`), the same with one post going viral (`flash`), and with
 * new posts that take the likes of older ones (`newest`).
 */
import type { LikeMaker, PlannedLike } from './planned-like.ts';
import { Random } from './random.ts';
import { PostUsers } from './users.ts';
import { postNames, ZipfPosts, zipfChances } from './zipf-posts.ts';

/** Share of the likes that are pressed twice: a new seq and version, with the same action. */
export const DOUBLE_PRESS_SHARE = 0.01;

/** The post that goes viral takes this share of all traffic while it does. */
export const FLASH_SHARE = 0.5;

const POST_SEQUENCE = 3;
const PRESS_SEQUENCE = 4;

/** What every made workload needs. */
export interface MadeOptions {
  readonly likes: number;
  readonly posts: number;
  readonly seed: number;
  /** Of the Zipf law; 0.99 unless told. */
  readonly exponent?: number | undefined;
  /** Ids of the posts, by their places; `p00000` and on unless told. */
  readonly names?: readonly string[] | undefined;
  /** `flash`: the share of all likes that its post takes; FLASH_SHARE unless told. */
  readonly flashShare?: number | undefined;
}

export type ZipfKind = 'zipf' | 'flash' | 'newest';

/** The first and, exclusive, the last seq at which the post is viral: the middle third. */
export function flashWindow(likes: number): { start: number; end: number } {
  return { start: Math.floor(likes / 3), end: Math.floor((2 * likes) / 3) };
}

/** The rank of the post that goes viral: an ordinary one from the middle of the list. */
export function flashRank(posts: number): number {
  return Math.floor(posts / 2);
}

/** So many posts of `newest` are there when it begins, and so many of the newest are liked. */
export function postsAtStart(posts: number): number {
  return Math.ceil(posts / 2);
}

/** The place of the newest post of `newest`: they are created evenly while the likes come. */
export function newestPost(seq: number, { likes, posts }: MadeOptions): number {
  const start = postsAtStart(posts);
  return start - 1 + Math.floor((seq * (posts - start)) / likes);
}

/**
 * The share of all likes that the most liked post has, over the whole stream and while it has most:
 * closed forms. Undefined for `newest`, of which each post has its turn.
 */
export function topShareOf(
  kind: ZipfKind,
  { posts, exponent, flashShare = FLASH_SHARE }: Omit<MadeOptions, 'likes' | 'seed'>,
): { whole: number; most: number } | undefined {
  if (kind === 'newest') return undefined;
  const chances = zipfChances(posts, exponent);
  const [first = 1] = chances;
  if (kind === 'zipf') return { whole: first, most: first };
  const usual = chances[flashRank(posts)]!;
  const most = Math.max(first * (1 - flashShare), flashShare + (1 - flashShare) * usual);
  const calm = (first * (3 - flashShare)) / 3;
  return { whole: Math.max(calm, (most + 2 * usual) / 3), most };
}

/** Each like comes from a user who has not pressed that post before, except double presses. */
export class ZipfMaker implements LikeMaker {
  readonly #names: readonly string[];
  readonly #posts: ZipfPosts;
  readonly #random: Random;
  readonly #users: PostUsers;
  readonly #usersDone: Uint32Array;
  readonly #flash: { rank: number; start: number; end: number; share: number };
  readonly #made: MadeOptions;
  readonly #kind: ZipfKind;
  #last: PlannedLike | undefined;

  constructor(options: MadeOptions, kind: ZipfKind) {
    const { likes, posts, seed, exponent, names = postNames(posts) } = options;
    const ranks = kind === 'newest' ? postsAtStart(posts) : posts;
    this.#made = options;
    this.#kind = kind;
    this.#names = names;
    this.#posts = new ZipfPosts(ranks, Random.seeded(seed, POST_SEQUENCE), exponent);
    this.#random = Random.seeded(seed, PRESS_SEQUENCE);
    this.#users = new PostUsers(posts, seed);
    this.#usersDone = new Uint32Array(posts);
    const window = kind === 'flash' ? flashWindow(likes) : { start: likes, end: likes };
    this.#flash = { rank: flashRank(posts), share: options.flashShare ?? FLASH_SHARE, ...window };
  }

  make(seq: number): PlannedLike {
    const chance = this.#random.nextUnit();
    const last = this.#last;
    if (last !== undefined && chance < DOUBLE_PRESS_SHARE) {
      // A third press in a row would be a toggle, and those have a workload of their own.
      this.#last = undefined;
      return { ...last, seq, version: last.version + 1 };
    }
    const place = this.#drawPlace(seq);
    const k = this.#usersDone[place]!;
    this.#usersDone[place] = k + 1;
    const like: PlannedLike = {
      seq,
      post: this.#names[place]!,
      user: this.#users.nameOf(place, k),
      action: 'like',
      version: 1,
      retry: false,
    };
    this.#last = like;
    return like;
  }

  #drawPlace(seq: number): number {
    const rank = this.#posts.draw();
    if (this.#kind === 'newest') return newestPost(seq, this.#made) - rank;
    if (seq < this.#flash.start || seq >= this.#flash.end) return rank;
    return this.#random.nextUnit() < this.#flash.share ? this.#flash.rank : rank;
  }
}
