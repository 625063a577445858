/**
 * Which posts get the most likes, in memory that does not grow: the Space-Saving sketch of
 * Metwally, Agrawal and El Abbadi ("Efficient computation of frequent and top-k elements in data
 * streams", ICDT 2005). It has m counters. A post without one takes over the smallest, and with it
 * the likes that it held, as an error that is known. So, of n likes in all,
 * - an estimate is never too small, and at most its error too large;
 * - no error is larger than n / m;
 * - every post with more than n / m likes has a counter.
 */

/** Every post with a thousandth of the likes has a counter. */
export const COUNTERS_DEFAULT = 1_000;

/** At most `likes`, and at least `likes - error`. */
export interface PostEstimate {
  readonly post: string;
  readonly likes: number;
  readonly error: number;
}

/** What a sketch knows, as a plain object that travels between processes. */
export interface HotSummary {
  /** All likes that were added, exactly. */
  readonly total: number;
  /** The largest estimates first. */
  readonly posts: readonly PostEstimate[];
  /** A post that is not among `posts` got at most so many likes. */
  readonly unlistedMax: number;
}

export const NOTHING_SEEN: HotSummary = { total: 0, posts: [], unlistedMax: 0 };

const NONE = -1;

/**
 * Counters of the same value hang on one bucket, and buckets stand in the order of their values, so
 * that the smallest counter is found at once. Adding n likes to a post passes n buckets at most,
 * and never more than there are counters: O(1) a like.
 */
export class SpaceSaving {
  readonly counters: number;
  readonly #slotOfPost = new Map<string, number>();
  readonly #posts: string[] = [];
  readonly #errors: Float64Array;
  /** Of each counter: its bucket, and its neighbours on that bucket. */
  readonly #bucketOf: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** Of each bucket: its value, the first of its counters, and the buckets beside it. */
  readonly #values: Float64Array;
  readonly #firstOf: Int32Array;
  readonly #above: Int32Array;
  readonly #below: Int32Array;
  readonly #freeBuckets: number[] = [];
  /** Of each counter, and those that have some: likes of a batch that are being summed up. */
  readonly #pending: Int32Array;
  readonly #touched: number[] = [];
  #lowest = NONE;
  #total = 0;

  /** @param counters whole number from 1 up */
  constructor(counters = COUNTERS_DEFAULT) {
    this.counters = counters;
    const column = (size: number) => new Int32Array(size).fill(NONE);
    this.#errors = new Float64Array(counters);
    this.#pending = new Int32Array(counters);
    this.#bucketOf = column(counters);
    this.#next = column(counters);
    this.#previous = column(counters);
    // A counter that moves up has its new bucket before its old one is given back.
    const buckets = counters + 1;
    this.#values = new Float64Array(buckets);
    this.#firstOf = column(buckets);
    this.#above = column(buckets);
    this.#below = column(buckets);
    this.clear();
  }

  /** All likes that were added. */
  get total(): number {
    return this.#total;
  }

  /** @param likes whole number from 1 up */
  add(post: string, likes: number): void {
    this.#total += likes;
    const known = this.#slotOfPost.get(post);
    if (known !== undefined) this.#raise(known, likes);
    else if (this.#posts.length < this.counters) this.#begin(post, likes);
    else this.#takeOver(post, likes);
  }

  /**
   * One like for each post named, as often as it is named: summed up per post first, so that a
   * post is one update, and most likes cost one look-up.
   */
  addEach(likes: readonly { readonly post: string }[]): void {
    const others = new Map<string, { likes: number }>();
    for (const { post } of likes) {
      const slot = this.#slotOfPost.get(post);
      if (slot !== undefined) {
        if (this.#pending[slot]!++ === 0) this.#touched.push(slot);
        continue;
      }
      const sum = others.get(post);
      if (sum === undefined) others.set(post, { likes: 1 });
      else sum.likes++;
    }
    for (const slot of this.#touched) {
      const sum = this.#pending[slot]!;
      this.#pending[slot] = 0;
      this.#total += sum;
      this.#raise(slot, sum);
    }
    this.#touched.length = 0;
    for (const [post, sum] of others) this.add(post, sum.likes);
  }

  clear(): void {
    this.#slotOfPost.clear();
    this.#posts.length = 0;
    this.#freeBuckets.length = 0;
    for (let bucket = this.#values.length - 1; bucket >= 0; bucket--) {
      this.#freeBuckets.push(bucket);
    }
    this.#lowest = NONE;
    this.#total = 0;
  }

  summary(): HotSummary {
    const posts: PostEstimate[] = [];
    for (let bucket = this.#lowest; bucket !== NONE; bucket = this.#above[bucket]!) {
      const likes = this.#values[bucket]!;
      for (let slot = this.#firstOf[bucket]!; slot !== NONE; slot = this.#next[slot]!) {
        posts.push({ post: this.#posts[slot]!, likes, error: this.#errors[slot]! });
      }
    }
    const isFull = posts.length === this.counters;
    const unlistedMax = isFull ? this.#values[this.#lowest]! : 0;
    return { total: this.#total, posts: posts.reverse(), unlistedMax };
  }

  #begin(post: string, likes: number): void {
    const slot = this.#posts.push(post) - 1;
    this.#slotOfPost.set(post, slot);
    this.#errors[slot] = 0;
    this.#hang(slot, likes, NONE);
  }

  #takeOver(post: string, likes: number): void {
    const slot = this.#firstOf[this.#lowest]!;
    this.#slotOfPost.delete(this.#posts[slot]!);
    this.#slotOfPost.set(post, slot);
    this.#posts[slot] = post;
    this.#errors[slot] = this.#values[this.#lowest]!;
    this.#raise(slot, likes);
  }

  #raise(slot: number, likes: number): void {
    const bucket = this.#bucketOf[slot]!;
    const value = this.#values[bucket]! + likes;
    const above = this.#above[bucket]!;
    const isAlone = this.#firstOf[bucket] === slot && this.#next[slot] === NONE;
    // The usual case of a hot post: nothing changes but the value.
    if (isAlone && (above === NONE || this.#values[above]! > value)) {
      this.#values[bucket] = value;
      return;
    }
    this.#unhook(slot, bucket);
    this.#hang(slot, value, bucket);
    if (this.#firstOf[bucket] === NONE) this.#removeBucket(bucket);
  }

  /** Hangs a free counter on the bucket of `value`, which stands somewhere above `below`. */
  #hang(slot: number, value: number, below: number): void {
    let under = below;
    let over = under === NONE ? this.#lowest : this.#above[under]!;
    while (over !== NONE && this.#values[over]! < value) {
      under = over;
      over = this.#above[over]!;
    }
    const isThere = over !== NONE && this.#values[over] === value;
    const bucket = isThere ? over : this.#addBucket(value, under, over);
    const first = this.#firstOf[bucket]!;
    this.#next[slot] = first;
    this.#previous[slot] = NONE;
    if (first !== NONE) this.#previous[first] = slot;
    this.#firstOf[bucket] = slot;
    this.#bucketOf[slot] = bucket;
  }

  #unhook(slot: number, bucket: number): void {
    const next = this.#next[slot]!;
    const previous = this.#previous[slot]!;
    if (previous === NONE) this.#firstOf[bucket] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
  }

  #addBucket(value: number, under: number, over: number): number {
    const bucket = this.#freeBuckets.pop()!;
    this.#values[bucket] = value;
    this.#firstOf[bucket] = NONE;
    this.#below[bucket] = under;
    this.#above[bucket] = over;
    if (under === NONE) this.#lowest = bucket;
    else this.#above[under] = bucket;
    if (over !== NONE) this.#below[over] = bucket;
    return bucket;
  }

  #removeBucket(bucket: number): void {
    const under = this.#below[bucket]!;
    const over = this.#above[bucket]!;
    if (under === NONE) this.#lowest = over;
    else this.#above[under] = over;
    if (over !== NONE) this.#below[over] = under;
    this.#freeBuckets.push(bucket);
  }
}
