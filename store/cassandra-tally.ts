/**
 * The count store on Cassandra that counts each like once (rule *tally*), without transactions:
 * lane-batch.ts has the argument. The cluster distributes by itself, so there is one part to look
 * at.
 */
import { type Like, type PlaceOf, type Refusal, RefusedLikesError } from '../likes/like.ts';
import type { KeyspaceFacts } from './cassandra-keyspace.ts';
import { CassandraLane } from './cassandra-lane.ts';
import type { CassandraStoreOptions } from './cassandra-options.ts';
import { CassandraPart } from './cassandra-part.ts';
import { bucketOf, countFrom, OFFSET_MAX } from './cassandra-rows.ts';
import { all, type CassandraSession } from './cassandra-session.ts';
import { CassandraTallyView } from './cassandra-tally-view.ts';
import type { CommitObserver, CountStore, PartObserver, PostCount } from './count-store.ts';
import { WrongRuleError } from './errors.ts';
import { applyLaneBatch, LaneCache, type LaneTables } from './lane-batch.ts';
import type { LaneLike } from './lane-state.ts';
import { topOf } from './order.ts';
import { storablePlaces } from './storable-places.ts';

/**
 * A batch that took longer than this may have been counted by somebody else meanwhile, who told so:
 * all of it is told to have been seen. Below the 10 s after which a lane goes to another consumer.
 */
const FRESH_MS_MAX = 5_000;
/** Posts of one partition in one question. */
const POSTS_PER_REQUEST_MAX = 100;
/** Posts that are kept while the largest are looked for, as a multiple of how many are wanted. */
const TOP_KEPT_FACTOR = 4;
const TOP_KEPT_MIN = 1_000;

/** This engine needs to know where each like stands in its queue, and this queue cannot tell. */
export class PlacesMissingError extends Error {
  override readonly name = 'PlacesMissingError';
  readonly code = 'PLACES_MISSING';

  constructor() {
    super(
      'the rule tally on Cassandra rests on lanes with ordered offsets, and this queue has none; ' +
        'use kafka or redis-streams, the rule states, or the engine sqlite or postgres',
    );
  }
}

/** The marks of a source cannot be dropped here. */
export class SourceKeptError extends Error {
  override readonly name = 'SourceKeptError';
  readonly code = 'SOURCE_KEPT';

  constructor(source: string) {
    super(
      `the marks of source ${JSON.stringify(source)} stay: on Cassandra a deletion has the wall ` +
        "clock's time, which is later than any offset, so that no mark could be set there again; " +
        'count into a new keyspace when the marks have become too many',
    );
  }
}

interface Observers {
  readonly committed: CommitObserver | undefined;
  readonly written: PartObserver | undefined;
}

interface OpenLane {
  readonly tables: LaneTables;
  readonly cache: LaneCache;
  /** The batch in hand, and those of this process that wait for it. */
  last: Promise<unknown>;
}

export class CassandraTallyStore extends CassandraPart<CassandraTallyView> implements CountStore {
  readonly rule = 'tally';
  readonly #lanes = new Map<string, OpenLane>();

  constructor(session: CassandraSession, facts: KeyspaceFacts, options: CassandraStoreOptions) {
    super(session, facts, options, new CassandraTallyView(session, facts, options));
  }

  /**
   * Lane by lane, each with a checkpoint of its own. Rejects with PlacesMissingError without
   * `placeOf`, and with LaneOutOfOrderError where a lane is not what it was.
   */
  async apply(
    likes: readonly Like[],
    committed?: CommitObserver,
    placeOf?: PlaceOf,
    written?: PartObserver,
  ): Promise<void> {
    if (likes.length === 0) return;
    if (placeOf === undefined) throw new PlacesMissingError();
    this.assertWritable();
    const refusals: Refusal[] = [];
    const batches = inLanes(likes, storablePlaces(likes, refusals), placeOf);
    await all(
      [...batches].map(([lane, batch]) => this.#applyInTurn(lane, batch, { committed, written })),
    );
    if (refusals.length > 0) throw new RefusedLikesError(refusals);
  }

  async retireSource(source: string): Promise<number> {
    throw new SourceKeptError(source);
  }

  async isLikedBy(): Promise<boolean> {
    throw new WrongRuleError(this.rule);
  }

  async countOf(post: string): Promise<PostCount> {
    return (await this.countsOf([post]))[0]!;
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    const { keyspace, buckets } = this.facts;
    const query =
      `SELECT post, lane, likes, unlikes, upto, crc FROM ${keyspace}.counts ` +
      'WHERE bucket = ? AND post IN ?';
    const asked: Promise<void>[] = [];
    // Others cannot have been counted, and would be taken for a post that can.
    const askable = posts.filter((post) => post.isWellFormed());
    const sums = new Map(askable.map((post) => [post, { post, likes: 0, unlikes: 0 }]));
    const ask = async (bucket: number, some: readonly string[]) => {
      for await (const row of this.session.scan(query, [bucket, some])) {
        const { post, likes, unlikes } = countFrom(row);
        const sum = sums.get(post)!;
        sum.likes += likes;
        sum.unlikes += unlikes;
      }
    };
    for (const [bucket, all] of Map.groupBy(sums.keys(), (post) => bucketOf(post, buckets))) {
      for (let from = 0; from < all.length; from += POSTS_PER_REQUEST_MAX) {
        asked.push(ask(bucket, all.slice(from, from + POSTS_PER_REQUEST_MAX)));
      }
    }
    await Promise.all(asked);
    return posts.map((post) => ({ post, likes: 0, unlikes: 0, ...sums.get(post) }));
  }

  async topPosts(limit: number): Promise<PostCount[]> {
    const keptMax = Math.max(TOP_KEPT_MIN, limit * TOP_KEPT_FACTOR);
    let kept: PostCount[] = [];
    for await (const count of this.shards[0].counts()) {
      kept.push(count);
      if (kept.length >= keptMax) kept = topOf(kept, limit);
    }
    return topOf(kept, limit);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#lanes.values()].map(({ last }) => last));
    await super[Symbol.asyncDispose]();
  }

  /** Of this process, one batch of a lane at a time. */
  async #applyInTurn(
    name: string,
    batch: readonly LaneLike[],
    observers: Observers,
  ): Promise<void> {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      const tables = new CassandraLane(name, this.session, this.facts);
      lane = { tables, cache: new LaneCache(), last: Promise.resolve() };
      this.#lanes.set(name, lane);
    }
    const { tables, cache, last } = lane;
    const mine = last.then(() => this.#applyBatch(tables, cache, batch, observers));
    lane.last = mine.catch(() => undefined);
    await mine;
  }

  async #applyBatch(
    tables: LaneTables,
    cache: LaneCache,
    batch: readonly LaneLike[],
    { committed, written }: Observers,
  ): Promise<void> {
    const startedMs = performance.now();
    const { fresh, seen } = await applyLaneBatch(tables, cache, batch, written);
    if (performance.now() - startedMs <= FRESH_MS_MAX) committed?.({ shard: 0, fresh, seen });
    else committed?.({ shard: 0, fresh: [], seen: batch.map(({ place }) => place) });
  }
}

/** The likes by lane, each lane in the order of its offsets. */
function inLanes(
  likes: readonly Like[],
  places: readonly number[],
  placeOf: PlaceOf,
): Map<string, LaneLike[]> {
  const lanes = new Map<string, LaneLike[]>();
  for (const place of places) {
    const { lane, offset } = placeOf(place);
    if (offset < 0n || offset > OFFSET_MAX) {
      throw new RangeError(`lane ${JSON.stringify(lane)} has the offset ${offset}, beyond 63 bits`);
    }
    const batch = lanes.get(lane);
    const like = { like: likes[place]!, place, offset };
    if (batch === undefined) lanes.set(lane, [like]);
    else batch.push(like);
  }
  for (const batch of lanes.values()) {
    batch.sort((one, other) => Number(one.offset - other.offset));
  }
  return lanes;
}
