/** All of a states store on Cassandra, for whoever looks at it. */
import type { KeyspaceFacts } from './cassandra-keyspace.ts';
import type { CassandraStoreOptions } from './cassandra-options.ts';
import { isLike, stateFrom } from './cassandra-rows.ts';
import type { CassandraSession } from './cassandra-session.ts';
import { clusterDiskBytes, clusterSettings } from './cassandra-settings.ts';
import type { MarkBlock, PostCount, ShardView, Totals, UserState } from './count-store.ts';
import { spelledOut } from './findings.ts';
import { hashOf } from './slot.ts';

/** The notes of changed posts lie in so many partitions. Fixed for ever. */
export const SLICES = 16;

export function sliceOf(post: string): number {
  return hashOf(post) % SLICES;
}

export function bucketOfUser(user: string, buckets: number): number {
  return hashOf(user) % buckets;
}

export class CassandraStatesView implements ShardView {
  readonly index = 0;
  readonly #session: CassandraSession;
  readonly #facts: KeyspaceFacts;
  readonly #options: CassandraStoreOptions;

  constructor(session: CassandraSession, facts: KeyspaceFacts, options: CassandraStoreOptions) {
    this.#session = session;
    this.#facts = facts;
    this.#options = options;
  }

  /** Rolled up, or counted where it has changed since. */
  async likesOf(post: string): Promise<number> {
    const { keyspace } = this.#facts;
    const note = `SELECT note FROM ${keyspace}.changed WHERE slice = ? AND post = ? LIMIT 1`;
    // The notes first: when they are gone, what they stood for is in the roll-up.
    if ((await this.#session.read(note, [sliceOf(post), post])).length > 0) {
      return await this.countStates(post);
    }
    const rollup = `SELECT likes FROM ${keyspace}.rollups WHERE post = ?`;
    const [row] = await this.#session.read(rollup, [post]);
    return Number(row?.likes ?? 0);
  }

  /** By reading all of its users, whatever was rolled up. */
  async countStates(post: string): Promise<number> {
    const { keyspace, buckets } = this.#facts;
    const query = `SELECT state FROM ${keyspace}.states WHERE post = ? AND bucket = ?`;
    const counted = Array.from({ length: buckets }, async (_, bucket) => {
      let likes = 0;
      for await (const row of this.#session.scan(query, [post, bucket])) {
        if (isLike(row)) likes += 1;
      }
      return likes;
    });
    return (await Promise.all(counted)).reduce((sum, likes) => sum + likes, 0);
  }

  /** The posts of a slice that have changed since they were rolled up, with their notes. */
  async notes(slice: number): Promise<Map<string, string[]>> {
    const query = `SELECT post, note FROM ${this.#facts.keyspace}.changed WHERE slice = ?`;
    const notes = new Map<string, string[]>();
    for await (const { post, note } of this.#session.scan(query, [slice])) {
      const ofPost = notes.get(post as string);
      if (ofPost === undefined) notes.set(post as string, [note as string]);
      else ofPost.push(note as string);
    }
    return notes;
  }

  async *states(): AsyncIterable<UserState> {
    for await (const { isSound: _, ...state } of this.#stateRows()) yield state;
  }

  async *#stateRows(): AsyncIterable<UserState & { readonly isSound: boolean }> {
    const query = `SELECT post, user, state FROM ${this.#facts.keyspace}.states`;
    for await (const row of this.#session.scan(query)) yield stateFrom(row);
  }

  /** `likes` are users; nobody who took a like back is counted, so `unlikes` are none. */
  async *counts(): AsyncIterable<PostCount> {
    const changed = await this.#changedPosts();
    const query = `SELECT post, likes FROM ${this.#facts.keyspace}.rollups`;
    for await (const { post, likes } of this.#session.scan(query)) {
      if (!changed.has(post as string)) {
        yield { post: post as string, likes: Number(likes), unlikes: 0 };
      }
    }
    for (const post of changed) yield { post, likes: await this.countStates(post), unlikes: 0 };
  }

  /** There are none: a state that comes again is the same state. */
  async *marks(): AsyncIterable<MarkBlock> {}

  async totals(): Promise<Totals> {
    const sums = { posts: 0, likes: 0, unlikes: 0, marks: 0, marksDropped: 0, states: 0 };
    for await (const { likes } of this.counts()) {
      sums.posts += 1;
      sums.likes += likes;
    }
    for await (const _ of this.states()) sums.states += 1;
    return sums;
  }

  async ownership(): Promise<(post: string) => boolean> {
    return () => true;
  }

  /** Damaged states, and roll-ups that are not what the states say and that no note excuses. */
  async findProblems(spelledOutMax?: number): Promise<string[]> {
    const damaged: string[] = [];
    const likesOf = new Map<string, number>();
    for await (const { post, user, version, action, isSound } of this.#stateRows()) {
      const name = `the state of user ${JSON.stringify(user)} and post ${JSON.stringify(post)}`;
      if (!isSound) damaged.push(`${name} is damaged: ${action} in version ${version}`);
      likesOf.set(post, (likesOf.get(post) ?? 0) + (action === 'like' ? 1 : 0));
    }
    const rolled = new Map<string, number>();
    const query = `SELECT post, likes FROM ${this.#facts.keyspace}.rollups`;
    for await (const { post, likes } of this.#session.scan(query)) {
      rolled.set(post as string, Number(likes));
    }
    // Last, so that a like that came meanwhile excuses its post.
    const changed = await this.#changedPosts();
    const wrong = [...new Set([...likesOf.keys(), ...rolled.keys()])]
      .filter((post) => !changed.has(post) && likesOf.get(post) !== rolled.get(post))
      .map((post) => {
        const told = `is rolled up to ${rolled.get(post) ?? 'nothing'}`;
        return `post ${JSON.stringify(post)} ${told}, its states say ${likesOf.get(post) ?? 0}`;
      });
    return [damaged, wrong].flatMap((kind) => spelledOut(kind, spelledOutMax));
  }

  diskBytes(): Promise<number> {
    return clusterDiskBytes(this.#session, this.#facts.keyspace);
  }

  settings(): Promise<Readonly<Record<string, string>>> {
    return clusterSettings(this.#session, this.#facts, this.#options);
  }

  async #changedPosts(): Promise<Set<string>> {
    const slices = Array.from({ length: SLICES }, (_, slice) => this.notes(slice));
    return new Set((await Promise.all(slices)).flatMap((notes) => [...notes.keys()]));
  }
}
