/** Users who cannot decide: like, unlike, like, unlike, one right after the other. */
import type { LikeMaker, PlannedLike } from './planned-like.ts';
import { Random } from './random.ts';
import { PostUsers } from './users.ts';
import { DOUBLE_PRESS_SHARE, type MadeOptions } from './zipf.ts';
import { postNames, ZipfPosts } from './zipf-posts.ts';

/** A run is one user's presses on one post. Double presses come on top. */
const RUN_PRESSES_MIN = 2;
const RUN_PRESSES_MAX = 6;

const POST_SEQUENCE = 5;
const PRESS_SEQUENCE = 6;

/**
 * Runs stand one after the other, each by a user who has not pressed that post before, so versions
 * are 1, 2, 3 and so on within the run. The end of the stream may cut the last run short.
 */
export class TogglesMaker implements LikeMaker {
  readonly #names: readonly string[];
  readonly #posts: ZipfPosts;
  readonly #random: Random;
  readonly #users: PostUsers;
  readonly #usersDone: Uint32Array;
  #post = '';
  #user = '';
  #action: PlannedLike['action'] = 'unlike';
  #version = 0;
  #pressesLeft = 0;
  #mayDouble = false;

  constructor(options: MadeOptions) {
    this.#names = postNames(options.posts);
    this.#posts = new ZipfPosts(options.posts, Random.seeded(options.seed, POST_SEQUENCE));
    this.#random = Random.seeded(options.seed, PRESS_SEQUENCE);
    this.#users = new PostUsers(options.posts, options.seed);
    this.#usersDone = new Uint32Array(options.posts);
  }

  make(seq: number): PlannedLike {
    if (this.#mayDouble && this.#random.nextUnit() < DOUBLE_PRESS_SHARE) {
      this.#mayDouble = false;
    } else {
      if (this.#pressesLeft === 0) this.#startRun();
      this.#action = this.#action === 'like' ? 'unlike' : 'like';
      this.#pressesLeft -= 1;
      this.#mayDouble = true;
    }
    this.#version += 1;
    return {
      seq,
      post: this.#post,
      user: this.#user,
      action: this.#action,
      version: this.#version,
      retry: false,
    };
  }

  #startRun(): void {
    const rank = this.#posts.draw();
    const k = this.#usersDone[rank]!;
    this.#usersDone[rank] = k + 1;
    this.#post = this.#names[rank]!;
    this.#user = this.#users.nameOf(rank, k);
    this.#action = 'unlike';
    this.#version = 0;
    const lengths = RUN_PRESSES_MAX - RUN_PRESSES_MIN + 1;
    this.#pressesLeft = RUN_PRESSES_MIN + this.#random.nextBelow(lengths);
  }
}
