/** The likes of a writer: fixed by its source and the seed, so that anybody can make them again. */
import type { Like } from '../../likes/like.ts';
import { Random } from '../../likes/workloads/random.ts';
import { postNames, ZipfPosts } from '../../likes/workloads/zipf-posts.ts';

export const POSTS = 10_000;
const USERS = 100_000;
const UNLIKE_SHARE = 0.1;

export class WriterLikes {
  readonly #source: string;
  readonly #posts: ZipfPosts;
  readonly #random: Random;
  readonly #names = postNames(POSTS);
  #seq = 0;

  /** Two writers of one seed must have two numbers. */
  constructor(source: string, seed: number, writer: number) {
    this.#source = source;
    this.#posts = new ZipfPosts(POSTS, Random.seeded(seed, 2 * writer));
    this.#random = Random.seeded(seed, 2 * writer + 1);
  }

  next(count: number): Like[] {
    return Array.from({ length: count }, () => ({
      source: this.#source,
      seq: this.#seq++,
      post: this.#names[this.#posts.draw()]!,
      user: `u${this.#random.nextBelow(USERS)}`,
      action: this.#random.nextUnit() < UNLIKE_SHARE ? ('unlike' as const) : ('like' as const),
      version: 1,
      likedAtMs: 0,
    }));
  }
}
