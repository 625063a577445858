/**
 * Counts for whoever shows them: each with its age, and with a bound of what it may miss.
 *
 * The queue's backlog (waiting and unacknowledged likes, by the server's own word) is asked for at
 * t0, and the counts are read from the store at t1, after the answer. Whatever the queue had
 * accepted before t0 is stored, and so in the counts, or it is in that backlog, or it was parked
 * and will never count. So of the likes accepted before t0 the counts together miss at most
 * `missingAtMost`, the backlog; t0 is what they are as of, and `ageMs` the time from it to the
 * answer.
 * A sample of the backlog serves many reads; an older one makes them older and their bound no less
 * true. A count from the cache keeps the t0 and the bound of its read. Where a server's own counts
 * are approximate (Amazon SQS), so is the bound.
 *
 * Staleness is another thing: how long before the request its counts were read from the store. It
 * is never more than was asked for.
 */
import { BacklogSamples } from './backlog-samples.ts';
import type { PostCount } from './count-store.ts';

/** `replica` and `read-your-writes` have a name already; no reader can promise them yet. */
export const CONSISTENCIES = ['cached', 'exact', 'replica', 'read-your-writes'] as const;
export type Consistency = (typeof CONSISTENCIES)[number];

export interface ReadOptions {
  /** Counts left the store at most this long before the request; the reader's own unless told. */
  readonly maxStalenessMs?: number;
  /** `exact`: read after the request was made, whatever is cached. `cached` unless told. */
  readonly consistency?: Consistency;
  /** What a writer was given, to be seen by its own reads: see `read-your-writes`. */
  readonly token?: string;
}

export interface ServedCount extends PostCount {
  /** How long ago everything that the queue had accepted was counted, but for `missingAtMost`. */
  readonly ageMs: number;
  /** Undefined while the queue's server has not answered yet: then the age is that of the read. */
  readonly missingAtMost: number | undefined;
}

/** Sums since the reader was opened. */
export interface ReaderFacts {
  readonly requests: number;
  readonly posts: number;
  /** Posts that were served from the cache, and those that shared a query with another request. */
  readonly postsCached: number;
  readonly postsShared: number;
  /** Requests of which every post was in the cache. */
  readonly requestsCached: number;
  /** Calls of the store, each at most one query of each shard. */
  readonly queries: number;
}

export interface CountReaderOptions {
  /** Likes waiting and unacknowledged in the queue, by the server's own word. */
  readonly backlogOf: () => Promise<number>;
  readonly maxStalenessMs: number;
  /** The server is asked for its backlog at most this often. */
  readonly backlogIntervalMs?: number;
  readonly postsCachedMax?: number;
  /** For tests; the machine's monotonic clock unless told. */
  readonly nowMs?: () => number;
}

/** Gentle: Kafka answers in a few ms, and SQS counts every question in its bill. */
const BACKLOG_INTERVAL_MS_DEFAULT = 200;
const POSTS_CACHED_MAX_DEFAULT = 100_000;
export const POSTS_PER_REQUEST_MAX = 1_000;
/** Further queries wait, and those that wait go together. */
const QUERIES_AT_ONCE_MAX = 4;

/** What a reader cannot do, with the way out. */
export class CountReadError extends Error {
  override readonly name = 'CountReadError';
  readonly code: 'CONSISTENCY_UNKNOWN' | 'READ_TOO_LARGE';

  constructor(code: CountReadError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** What was read of a post, and when. */
interface ReadCount extends PostCount {
  readonly readMs: number;
  readonly asOfMs: number;
  readonly missingAtMost: number | undefined;
}

/** A read of one post, for all who wait for it. `beganMs` is set when the store is asked. */
interface Flight extends PromiseWithResolvers<ReadCount> {
  beganMs: number | undefined;
}

export interface CountReader {
  /**
   * In the order of `posts`, zeros for those that were never counted.
   * @throws CountReadError for a consistency that is not there yet, a token, or too many posts;
   * rejects with the store's own errors.
   */
  countsOf(posts: readonly string[], options?: ReadOptions): Promise<ServedCount[]>;
  readonly facts: ReaderFacts;
}

export function openCountReader(
  store: { countsOf(posts: readonly string[]): Promise<PostCount[]> },
  options: CountReaderOptions,
): CountReader {
  return new CachingReader(store, options);
}

class CachingReader implements CountReader {
  readonly #store: Parameters<typeof openCountReader>[0];
  readonly #maxStalenessMs: number;
  readonly #postsCachedMax: number;
  readonly #nowMs: () => number;
  readonly #samples: BacklogSamples;
  /** In the order of their reads, the oldest first. */
  readonly #cache = new Map<string, ReadCount>();
  /** Reads under way, and reads that have not begun yet: of each post one at most. */
  readonly #flying = new Map<string, Flight>();
  readonly #waiting = new Map<string, Flight>();
  #queriesNow = 0;
  #isBeginning = false;
  #facts = {
    requests: 0,
    posts: 0,
    postsCached: 0,
    postsShared: 0,
    requestsCached: 0,
    queries: 0,
  };

  constructor(store: Parameters<typeof openCountReader>[0], options: CountReaderOptions) {
    const { backlogOf, backlogIntervalMs: intervalMs = BACKLOG_INTERVAL_MS_DEFAULT } = options;
    this.#store = store;
    this.#maxStalenessMs = options.maxStalenessMs;
    this.#postsCachedMax = options.postsCachedMax ?? POSTS_CACHED_MAX_DEFAULT;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#samples = new BacklogSamples({ backlogOf, intervalMs, nowMs: this.#nowMs });
  }

  get facts(): ReaderFacts {
    return { ...this.#facts };
  }

  async countsOf(posts: readonly string[], options: ReadOptions = {}): Promise<ServedCount[]> {
    checkRequest(posts, options);
    const isExact = options.consistency === 'exact';
    const maxStalenessMs = isExact ? 0 : (options.maxStalenessMs ?? this.#maxStalenessMs);
    const oldestMs = this.#nowMs() - maxStalenessMs;
    this.#facts.requests++;
    this.#facts.posts += posts.length;
    const found = posts.map((post) => this.#cached(post, oldestMs) ?? this.#read(post, oldestMs));
    if (found.every((one) => !(one instanceof Promise))) this.#facts.requestsCached++;
    const counts = await Promise.all(found);
    const nowMs = this.#nowMs();
    return counts.map(({ post, likes, unlikes, asOfMs, missingAtMost }) => {
      return { post, likes, unlikes, ageMs: nowMs - asOfMs, missingAtMost };
    });
  }

  #cached(post: string, oldestMs: number): ReadCount | undefined {
    const count = this.#cache.get(post);
    if (count === undefined || count.readMs < oldestMs) return undefined;
    this.#facts.postsCached++;
    return count;
  }

  /** Joins a read that is new enough, or waits for the next one with all others that need it. */
  #read(post: string, oldestMs: number): Promise<ReadCount> {
    const flying = this.#flying.get(post);
    const joined = flying && flying.beganMs! >= oldestMs ? flying : this.#waiting.get(post);
    if (joined !== undefined) {
      this.#facts.postsShared++;
      return joined.promise;
    }
    const flight: Flight = { ...Promise.withResolvers<ReadCount>(), beganMs: undefined };
    // Requests of this same moment go together.
    if (!this.#isBeginning) queueMicrotask(() => this.#beginQueries());
    this.#isBeginning = true;
    this.#waiting.set(post, flight);
    return flight.promise;
  }

  #beginQueries(): void {
    this.#isBeginning = false;
    while (this.#queriesNow < QUERIES_AT_ONCE_MAX) {
      const batch = new Map<string, Flight>();
      for (const [post, flight] of this.#waiting) {
        if (batch.size === POSTS_PER_REQUEST_MAX) break;
        // Of a hot post there is never more than one query at a time.
        if (!this.#flying.has(post)) batch.set(post, flight);
      }
      if (batch.size === 0) return;
      for (const [post, flight] of batch) {
        this.#waiting.delete(post);
        this.#flying.set(post, flight);
      }
      void this.#query(batch);
    }
  }

  async #query(batch: ReadonlyMap<string, Flight>): Promise<void> {
    this.#queriesNow++;
    this.#facts.queries++;
    // Whoever comes while the backlog is being asked for gets counts of after that.
    for (const flight of batch.values()) flight.beganMs = Number.POSITIVE_INFINITY;
    try {
      const sample = await this.#samples.newest();
      const readMs = this.#nowMs();
      for (const flight of batch.values()) flight.beganMs = readMs;
      const counts = await this.#store.countsOf([...batch.keys()]);
      const read = { asOfMs: sample?.askedMs ?? readMs, missingAtMost: sample?.likes, readMs };
      for (const count of counts) {
        this.#keep({ ...count, ...read });
        batch.get(count.post)!.resolve({ ...count, ...read });
      }
    } catch (error) {
      for (const { reject } of batch.values()) reject(error);
    } finally {
      this.#queriesNow--;
      for (const post of batch.keys()) this.#flying.delete(post);
      this.#beginQueries();
    }
  }

  #keep(count: ReadCount): void {
    // What was read last stands last, so that the oldest read is the one that makes room.
    this.#cache.delete(count.post);
    this.#cache.set(count.post, count);
    if (this.#cache.size <= this.#postsCachedMax) return;
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest);
      return;
    }
  }
}

function checkRequest(
  posts: readonly string[],
  { consistency = 'cached', token }: ReadOptions,
): void {
  if (token !== undefined || (consistency !== 'cached' && consistency !== 'exact')) {
    const what = token === undefined ? `consistency ${consistency}` : 'a token';
    throw new CountReadError(
      'CONSISTENCY_UNKNOWN',
      `${what}: no reader promises that yet; ask for cached or exact, without a token`,
    );
  }
  if (posts.length <= POSTS_PER_REQUEST_MAX) return;
  throw new CountReadError(
    'READ_TOO_LARGE',
    `${posts.length} posts in one request, ${POSTS_PER_REQUEST_MAX} at most; ask in several`,
  );
}
