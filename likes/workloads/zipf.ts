/** Likes on made-up posts: skewed (`zipf`), and the same with one post going viral (`flash`). */
import type { LikeMaker, PlannedLike } from './planned-like.ts';
import { Random } from './random.ts';
import { PostUsers } from './users.ts';
import { postNames, ZipfPosts } from './zipf-posts.ts';

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
  /** `flash`: the share of all traffic that its post takes; FLASH_SHARE unless told. */
  readonly flashShare?: number | undefined;
}

/** The first and, exclusive, the last seq at which the post is viral: the middle third. */
export function flashWindow(likes: number): { start: number; end: number } {
  return { start: Math.floor(likes / 3), end: Math.floor((2 * likes) / 3) };
}

/** The rank of the post that goes viral: an ordinary one from the middle of the list. */
export function flashRank(posts: number): number {
  return Math.floor(posts / 2);
}

/** Each like comes from a user who has not pressed that post before, except double presses. */
export class ZipfMaker implements LikeMaker {
  readonly #names: readonly string[];
  readonly #posts: ZipfPosts;
  readonly #random: Random;
  readonly #users: PostUsers;
  readonly #usersDone: Uint32Array;
  readonly #flash: { rank: number; start: number; end: number; share: number };
  #last: PlannedLike | undefined;

  constructor(options: MadeOptions, kind: 'zipf' | 'flash') {
    const { likes, posts, seed } = options;
    this.#names = postNames(posts);
    this.#posts = new ZipfPosts(posts, Random.seeded(seed, POST_SEQUENCE));
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
    const rank = this.#drawRank(seq);
    const k = this.#usersDone[rank]!;
    this.#usersDone[rank] = k + 1;
    const like: PlannedLike = {
      seq,
      post: this.#names[rank]!,
      user: this.#users.nameOf(rank, k),
      action: 'like',
      version: 1,
      retry: false,
    };
    this.#last = like;
    return like;
  }

  #drawRank(seq: number): number {
    const rank = this.#posts.draw();
    if (seq < this.#flash.start || seq >= this.#flash.end) return rank;
    return this.#random.nextUnit() < this.#flash.share ? this.#flash.rank : rank;
  }
}
