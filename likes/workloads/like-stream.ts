/** Turns the distinct likes of a maker into what clients send: some likes are sent twice. */
import type { LikeMaker, PlannedLike } from './planned-like.ts';
import { Random } from './random.ts';

/** Share of the likes that a client sends once more, in every workload. */
export const RETRY_SHARE = 0.005;

/** A retry comes 1 to this many places after its like. */
export const RETRY_PLACES_MAX = 200;

const RING_SIZE = 256;
const RING_MASK = RING_SIZE - 1;
const RETRY_SEQUENCE = 1;

/**
 * One pass over a workload. Written by hand, since a generator function takes a quarter more time.
 * Retries that are due stand in a ring, at the place where they come out.
 */
export class LikeStream implements IterableIterator<PlannedLike, undefined> {
  readonly #maker: LikeMaker;
  readonly #likes: number;
  readonly #random: Random;
  readonly #ring: (PlannedLike | undefined)[] = new Array(RING_SIZE).fill(undefined);
  #waiting = 0;
  #place = 0;
  #seq = 0;

  constructor(maker: LikeMaker, options: { likes: number; seed: number }) {
    this.#maker = maker;
    this.#likes = options.likes;
    this.#random = Random.seeded(options.seed, RETRY_SEQUENCE);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<PlannedLike, undefined> {
    if (this.#waiting > 0) {
      const retry = this.#takeRetry();
      if (retry !== undefined) return { done: false, value: retry };
    }
    if (this.#seq === this.#likes) return { done: true, value: undefined };
    const like = this.#maker.make(this.#seq);
    if (this.#random.nextUnit() < RETRY_SHARE) this.#planRetry(like);
    this.#seq += 1;
    this.#place += 1;
    return { done: false, value: like };
  }

  #takeRetry(): PlannedLike | undefined {
    // After the last like there is nothing to fill the places between the retries left over.
    if (this.#seq === this.#likes) {
      while (this.#ring[this.#place & RING_MASK] === undefined) this.#place += 1;
    }
    const slot = this.#place & RING_MASK;
    const retry = this.#ring[slot];
    if (retry === undefined) return undefined;
    this.#ring[slot] = undefined;
    this.#waiting -= 1;
    this.#place += 1;
    return retry;
  }

  #planRetry(like: PlannedLike): void {
    let distance = 1 + this.#random.nextBelow(RETRY_PLACES_MAX);
    // A place that is taken passes the retry on to the next one, round and round within the limit.
    for (let tries = 0; tries < RETRY_PLACES_MAX; tries++) {
      const slot = (this.#place + distance) & RING_MASK;
      if (this.#ring[slot] === undefined) {
        this.#ring[slot] = { ...like, retry: true };
        this.#waiting += 1;
        return;
      }
      distance = 1 + (distance % RETRY_PLACES_MAX);
    }
  }
}
