/** A shard under the rule *states* in one SQLite file: each user's last action on each post. */
import type { StatementSync } from 'node:sqlite';
import type { Like } from '../likes/like.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals, UserState } from './count-store.ts';
import { type SlotMap, shardsOfPost } from './slot-map.ts';
import { readSettings } from './sqlite-file.ts';
import { rowsOf, SqliteSession, type SqliteSessionOptions } from './sqlite-session.ts';
import { actionOf, statesProblemsIn, statesTotalsOf } from './sqlite-states-problems.ts';
import { applyStates, type StateReader, type StoredState } from './state-batch.ts';

/**
 * Nothing of the file is kept in memory between transactions: other processes write it too.
 * A state is read before it is written, since what it was decides what the count becomes.
 */
export class SqliteStatesShard implements Shard, StateReader {
  readonly index: number;
  readonly #session: SqliteSession;
  readonly #readState: StatementSync;
  readonly #writeState: StatementSync;
  readonly #addToCount: StatementSync;

  /** @throws the errors of openShardFile. */
  constructor(options: SqliteSessionOptions) {
    this.index = options.identity.index;
    this.#session = new SqliteSession(options);
    const { database } = this.#session;
    this.#readState = database.prepare(
      'SELECT version, action FROM states WHERE post = ? AND user = ?',
    );
    // The condition holds whatever was read; a smaller version never takes the place of a larger.
    this.#writeState = database.prepare(
      `INSERT INTO states (post, user, version, action) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET version = excluded.version, action = excluded.action
       WHERE excluded.version > version`,
    );
    this.#addToCount = database.prepare(
      `INSERT INTO counts (post, likes, unlikes) VALUES (?, ?, 0)
       ON CONFLICT DO UPDATE SET likes = likes + excluded.likes`,
    );
  }

  apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    return this.#session.applying(slotMapVersion, () => {
      const { fresh, seen, ended, states, posts } = applyStates(likes, places, this);
      for (const { post, user, version, action } of states) {
        this.#writeState.run(post, user, version, action === 'like' ? 1 : 0);
      }
      for (const { post, likes: changed } of posts) this.#addToCount.run(post, changed);
      return { fresh, seen, ended };
    });
  }

  /** Part of StateReader: only to be called inside a transaction. */
  state(post: string, user: string): StoredState | undefined {
    const row = this.#readState.get(post, user) as { version: number; action: number } | undefined;
    return row && { version: row.version, action: actionOf(row.action) };
  }

  async actionOf(user: string, post: string): Promise<Like['action'] | undefined> {
    return this.#session.reading(() => this.state(post, user)?.action);
  }

  async retireSource(): Promise<number> {
    return 0;
  }

  async slotMapVersion(): Promise<number> {
    return this.#session.reading(() => this.#session.slotMapVersion());
  }

  async adoptSlotMap(map: SlotMap): Promise<void> {
    this.#session.adoptSlotMap(map);
  }

  async ownership(): Promise<(post: string) => boolean> {
    const map = this.#session.slotMap();
    return (post) => shardsOfPost(map, post).includes(this.index);
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    return this.#session.countsOf(posts);
  }

  /** A post that nobody likes any more is no top post, however many pressed. */
  async topPosts(limit: number): Promise<PostCount[]> {
    const ranked = `SELECT post, likes, unlikes FROM counts WHERE likes > 0
                    ORDER BY likes DESC, post LIMIT ?`;
    const { database } = this.#session;
    return this.#session.reading(() => rowsOf(database.prepare(ranked).all(limit)));
  }

  async *counts(): AsyncIterable<PostCount> {
    for (const row of this.#session.snapshot('SELECT post, likes, unlikes FROM counts')) {
      yield { ...row } as unknown as PostCount;
    }
  }

  async *marks(): AsyncIterable<MarkBlock> {}

  async *states(): AsyncIterable<UserState> {
    for (const row of this.#session.snapshot('SELECT post, user, version, action FROM states')) {
      yield { ...row, action: actionOf(row.action) } as UserState;
    }
  }

  async totals(): Promise<Totals> {
    return this.#session.reading(() => statesTotalsOf(this.#session.database));
  }

  async findProblems(spelledOutMax?: number): Promise<string[]> {
    const { database } = this.#session;
    return this.#session.reading(() => statesProblemsIn(database, this.index, spelledOutMax));
  }

  async diskBytes(): Promise<number> {
    return this.#session.diskBytes();
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    const { bucket, database } = this.#session;
    return this.#session.reading(() => ({ ...readSettings(database), ...bucket?.settings }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session[Symbol.dispose]();
  }
}
