/**
 * The count store on Cassandra that keeps the last action of each user and post (rule *states*),
 * for queues of any kind. A state is written with its version as the write's timestamp, so the
 * latest one stays in whatever order they come, and coming again changes nothing. Of equal
 * versions, which a sound client never gives to two actions, the like stays.
 *
 * The count of a post is the number of users who like it. Counting them reads them all, so counts
 * are rolled up. The watermark of a roll-up: every like that was stored (`apply` had resolved)
 * before its scan of the post began is in it. What changed since is noted: `apply` writes its
 * states, then a note for each post, then resolves; a roll-up reads a post's notes, then its
 * generation, then its states, writes count and next generation if that is still the same, and
 * deletes the notes that it read. So a post without notes has a roll-up that holds all that was
 * stored, and of one with notes the states are counted. Each note has a name of its own: deleting
 * it deletes no later one.
 */
import { randomUUID } from 'node:crypto';
import { type Like, type PlaceOf, type Refusal, RefusedLikesError } from '../likes/like.ts';
import type { KeyspaceFacts } from './cassandra-keyspace.ts';
import type { CassandraStoreOptions } from './cassandra-options.ts';
import { CassandraPart } from './cassandra-part.ts';
import { isLike, stateValueOf } from './cassandra-rows.ts';
import { all, type CassandraSession, type Statement } from './cassandra-session.ts';
import { bucketOfUser, CassandraStatesView, SLICES, sliceOf } from './cassandra-states-view.ts';
import type { CommitObserver, CountStore, PostCount, UserState } from './count-store.ts';
import { topOf } from './order.ts';
import { storablePlaces } from './storable-places.ts';

/** Rows of one partition in one request. */
const ROWS_PER_REQUEST_MAX = 100;
/** Posts that are counted side by side. */
const POSTS_AT_ONCE = 16;

export class CassandraStatesStore extends CassandraPart<CassandraStatesView> implements CountStore {
  readonly rule = 'states';

  constructor(session: CassandraSession, facts: KeyspaceFacts, options: CassandraStoreOptions) {
    super(session, facts, options, new CassandraStatesView(session, facts, options));
  }

  /** Writes without reading, so all likes are told as fresh, also when they come again. */
  async apply(
    likes: readonly Like[],
    committed?: CommitObserver,
    _placeOf?: PlaceOf,
  ): Promise<void> {
    this.assertWritable();
    const refusals: Refusal[] = [];
    const places = storablePlaces(likes, refusals, this.rule);
    const latest = latestStates(likes, places);
    await all(this.#stateWrites(latest).map((part) => this.session.writeTogether(part)));
    const posts = new Set(latest.map(({ post }) => post));
    await all(this.#noteWrites(posts).map((part) => this.session.writeTogether(part)));
    if (places.length > 0) committed?.({ shard: 0, fresh: places, seen: [] });
    if (refusals.length > 0) throw new RefusedLikesError(refusals);
  }

  /** There are no marks, so there is nothing to free, and no like is refused for its source. */
  async retireSource(): Promise<number> {
    return 0;
  }

  async countOf(post: string): Promise<PostCount> {
    return { post, likes: await this.shards[0].likesOf(post), unlikes: 0 };
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    const counts: PostCount[] = [];
    for (let from = 0; from < posts.length; from += POSTS_AT_ONCE) {
      const some = posts.slice(from, from + POSTS_AT_ONCE);
      counts.push(...(await Promise.all(some.map((post) => this.countOf(post)))));
    }
    return counts;
  }

  async topPosts(limit: number): Promise<PostCount[]> {
    const counts = await Array.fromAsync(this.shards[0].counts());
    return topOf(
      counts.filter(({ likes }) => likes > 0),
      limit,
    );
  }

  /** Whether the last action of this user on this post is a like. */
  async isLikedBy(user: string, post: string): Promise<boolean> {
    const { keyspace, buckets } = this.facts;
    const query = `SELECT state FROM ${keyspace}.states WHERE post = ? AND bucket = ? AND user = ?`;
    const [row] = await this.session.read(query, [post, bucketOfUser(user, buckets), user]);
    return isLike(row);
  }

  /** Rolls up the posts that have changed; with how many it has. Any number of processes may. */
  async rollUp(): Promise<number> {
    let rolledUp = 0;
    for (let slice = 0; slice < SLICES; slice++) {
      const notesOf = await this.shards[0].notes(slice);
      const posts = [...notesOf];
      for (let from = 0; from < posts.length; from += POSTS_AT_ONCE) {
        const some = posts.slice(from, from + POSTS_AT_ONCE);
        const done = await Promise.all(some.map(([post, notes]) => this.#rollUpPost(post, notes)));
        rolledUp += done.filter(Boolean).length;
      }
    }
    return rolledUp;
  }

  override async settings(): Promise<Readonly<Record<string, string>>> {
    return { rule: this.rule, ...(await super.settings()) };
  }

  /** False when somebody else has rolled it up meanwhile: then its notes stay. */
  async #rollUpPost(post: string, notes: readonly string[]): Promise<boolean> {
    const { keyspace } = this.facts;
    const [found] = await this.session.readAgreed(
      `SELECT generation FROM ${keyspace}.rollups WHERE post = ?`,
      [post],
    );
    const generation = (found?.generation as bigint | undefined) ?? 0n;
    const rolledUpAtMs = BigInt(Date.now());
    const likes = BigInt(await this.shards[0].countStates(post));
    const values = [likes, generation + 1n, rolledUpAtMs];
    const isWritten =
      found === undefined
        ? await this.session.writeFirst(
            `INSERT INTO ${keyspace}.rollups (post, likes, generation, rolled_up_at_ms) ` +
              'VALUES (?, ?, ?, ?) IF NOT EXISTS',
            [post, ...values],
          )
        : await this.session.writeFirst(
            `UPDATE ${keyspace}.rollups SET likes = ?, generation = ?, rolled_up_at_ms = ? ` +
              'WHERE post = ? IF generation = ?',
            [...values, post, generation],
          );
    if (!isWritten) return false;
    const query = `DELETE FROM ${keyspace}.changed WHERE slice = ? AND post = ? AND note = ?`;
    await this.session.writeTogether(
      notes.map((note) => ({ query, params: [sliceOf(post), post, note] })),
    );
    return true;
  }

  #stateWrites(states: readonly UserState[]): Statement[][] {
    const { keyspace, buckets } = this.facts;
    const query =
      `INSERT INTO ${keyspace}.states (post, bucket, user, state) VALUES (?, ?, ?, ?) ` +
      'USING TIMESTAMP ?';
    const statements = states.map((state) => {
      const bucket = bucketOfUser(state.user, buckets);
      const values = [stateValueOf(state), BigInt(state.version)];
      const partition = `${bucket} ${state.post}`;
      return { partition, query, params: [state.post, bucket, state.user, ...values] };
    });
    return inParts(Map.groupBy(statements, ({ partition }) => partition));
  }

  #noteWrites(posts: ReadonlySet<string>): Statement[][] {
    const { keyspace } = this.facts;
    const query = `INSERT INTO ${keyspace}.changed (slice, post, note) VALUES (?, ?, ?)`;
    const statements = [...posts].map((post) => {
      return { query, params: [sliceOf(post), post, randomUUID()] };
    });
    return inParts(Map.groupBy(statements, ({ params }) => params[0]));
  }
}

/**
 * The latest of the likes at these places, of each user and post one. Of equal versions, which a
 * sound client never gives to two actions, the like.
 */
function latestStates(likes: readonly Like[], places: Iterable<number>): UserState[] {
  const latest = new Map<string, UserState>();
  for (const place of places) {
    const { post, user, version, action } = likes[place]!;
    const key = `${post.length} ${post}${user}`;
    const known = latest.get(key);
    const isLater =
      known === undefined ||
      version > known.version ||
      (version === known.version && action === 'like');
    if (isLater) latest.set(key, { post, user, version, action });
  }
  return [...latest.values()];
}

function inParts(partitions: ReadonlyMap<unknown, Statement[]>): Statement[][] {
  return [...partitions.values()].flatMap((rows) => {
    const parts: Statement[][] = [];
    for (let from = 0; from < rows.length; from += ROWS_PER_REQUEST_MAX) {
      parts.push(rows.slice(from, from + ROWS_PER_REQUEST_MAX));
    }
    return parts;
  });
}
