/** Made-up users. Those of one post are all different, so nobody has to remember who pressed. */
import { mix32 } from './random.ts';

/** How many users there are, so also how many distinct users one post can have: 2^26. */
export const USERS_MAX = 2 ** 26;

const USER_MASK = USERS_MAX - 1;
const LOW_PART_COUNT = 10_000;

const numbered = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, place) => prefix + String(place).padStart(4, '0'));

// Joining two ready strings costs half of formatting a number, and it happens for each like.
const highParts = numbered(Math.ceil(USERS_MAX / LOW_PART_COUNT), 'u');
const lowParts = numbered(LOW_PART_COUNT, '');

/** `u` and eight digits, such as `u01234567`. */
export function userName(userNumber: number): string {
  const high = (userNumber / LOW_PART_COUNT) | 0;
  return highParts[high]! + lowParts[userNumber - high * LOW_PART_COUNT]!;
}

/** Which user a post's k-th user is, for posts numbered from 0. */
export class PostUsers {
  readonly #offsets: Int32Array;
  readonly #strides: Int32Array;

  constructor(posts: number, seed: number) {
    this.#offsets = new Int32Array(posts);
    this.#strides = new Int32Array(posts);
    for (let post = 0; post < posts; post++) {
      const offset = mix32(mix32(seed) + post);
      this.#offsets[post] = offset;
      this.#strides[post] = mix32(offset + 1) | 1;
    }
  }

  /**
   * `k` from 0 to USERS_MAX - 1 gives USERS_MAX different names: an odd stride reaches them all.
   */
  nameOf(post: number, k: number): string {
    return userName((this.#offsets[post]! + Math.imul(k, this.#strides[post]!)) & USER_MASK);
  }
}
