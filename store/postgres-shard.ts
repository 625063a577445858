/** A shard in a schema of a PostgreSQL database. */
import type { Like } from '../likes/like.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals } from './count-store.ts';
import { StoreUnavailableError } from './errors.ts';
import type { PostgresBucket } from './postgres-bucket.ts';
import { PostgresCounting } from './postgres-counting.ts';
import { sqlStateOf } from './postgres-errors.ts';
import { problemsIn, totalsIn } from './postgres-problems.ts';
import { parseSlotMap } from './postgres-schema.ts';
import type { PostgresSessions, Session } from './postgres-sessions.ts';
import { type PostgresStatements, statementsOf } from './postgres-statements.ts';
import { type SlotMap, shardsOfPost, slotMapToDocument } from './slot-map.ts';

const NOT_SUPPORTED = '0A000';

export class PostgresShard implements Shard {
  readonly index: number;
  readonly #sessions: PostgresSessions;
  readonly #schema: string;
  readonly #statements: PostgresStatements;
  readonly #counting: PostgresCounting;
  readonly #bucket: PostgresBucket | undefined;

  /** Owns the sessions. `schema` is quoted, and was made by createShard. */
  constructor(
    index: number,
    sessions: PostgresSessions,
    schema: string,
    bucket?: PostgresBucket | undefined,
  ) {
    this.index = index;
    this.#bucket = bucket;
    this.#sessions = sessions;
    this.#schema = schema;
    this.#statements = statementsOf(schema);
    this.#counting = new PostgresCounting(index, sessions, this.#statements);
  }

  async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    await this.#bucket?.untilAdmitted();
    return await this.#counting.apply(likes, places, slotMapVersion);
  }

  async retireSource(name: string): Promise<number> {
    return await this.#sessions.use(async (session) => {
      await fence(session, this.#statements);
      const [row] = await session.ask(this.#statements.mover);
      // A receiver of moved posts must learn of every source that has ended.
      if (row!.mover !== null) throw this.#isMoving();
      const dropped = await retireIn(session, this.#statements, name);
      await session.commit();
      return dropped;
    });
  }

  #isMoving(): StoreUnavailableError {
    return new StoreUnavailableError(
      `${this.#sessions.title}: posts are being moved; retire the source when the move is finished`,
    );
  }

  async slotMapVersion(): Promise<number> {
    const [row] = await this.#sessions.ask(this.#statements.slotMap);
    return row!.slot_map_version as number;
  }

  async adoptSlotMap(map: SlotMap): Promise<void> {
    const values = [map.version, JSON.stringify(slotMapToDocument(map))];
    await this.#sessions.use(async (session) => {
      await fence(session, this.#statements);
      await session.ask({ text: this.#statements.adopt, values });
      await session.commit();
    });
  }

  async ownership(): Promise<(post: string) => boolean> {
    const [row] = await this.#sessions.ask(this.#statements.slotMap);
    const map = parseSlotMap(row!.slot_map, `${this.#sessions.title}, schema ${this.#schema}`);
    return (post) => shardsOfPost(map, post).includes(this.index);
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    const values = [posts.map((post) => Buffer.from(post))];
    return (await this.#sessions.ask({ ...this.#statements.countsOf, values })).map(countIn);
  }

  async topPosts(limit: number): Promise<PostCount[]> {
    const rows = await this.#sessions.ask({ text: this.#statements.topPosts, values: [limit] });
    return rows.map(countIn);
  }

  async *counts(): AsyncIterable<PostCount> {
    const query = `SELECT post, likes, unlikes FROM ${this.#schema}.counts`;
    for await (const row of this.#sessions.snapshot(query)) yield countIn(row);
  }

  async *marks(): AsyncIterable<MarkBlock> {
    // A block without bits was inserted by a batch that then had nothing new to mark in it.
    const query = `SELECT source, block, bits FROM ${this.#schema}.marks WHERE bits <> ''`;
    for await (const { source, block, bits } of this.#sessions.snapshot(query)) {
      yield { source: String(source), block: block as number, bits: bits as Uint8Array };
    }
  }

  async totals(): Promise<Totals> {
    return await totalsIn(this.#sessions, this.#schema);
  }

  async findProblems(spelledOutMax?: number): Promise<string[]> {
    return await problemsIn(this.#sessions, this.#schema, this.index, spelledOutMax);
  }

  /** Bytes of the tables and their indexes. The server's log of changes belongs to all alike. */
  async diskBytes(): Promise<number> {
    const [row] = await this.#sessions.ask(this.#statements.diskBytes);
    return row!.bytes as number;
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    const [row] = await this.#sessions.ask(this.#statements.settings);
    const read = row as Record<string, string>;
    return { engine: 'postgres', ...read, ...this.#bucket?.settings };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]();
  }
}

/** Drops the marks of a source, remembers it as ended, and returns how many it dropped. */
export async function retireIn(
  session: Pick<Session, 'ask'>,
  statements: PostgresStatements,
  name: string,
): Promise<number> {
  const { isRetired, marksOfSource, dropMarks, dropInherited, addRetired } = statements;
  const values = [Buffer.from(name)];
  if ((await session.ask({ text: isRetired, values })).length > 0) return 0;
  const [marks] = await session.ask({ text: marksOfSource, values });
  const dropped = marks!.dropped as number;
  for (const text of [dropMarks, dropInherited, addRetired]) await session.ask({ text, values });
  await session.ask({ text: statements.countRetired, values: [dropped] });
  return dropped;
}

/**
 * Begins a transaction that waits for all that count in the shard and lets none begin before it
 * has ended. A lock of the table is fair. Databases without such locks have that of its row, before
 * which later writers may slip in.
 */
export async function fence(
  session: Pick<Session, 'ask'>,
  { lockTable, lockRow }: Pick<PostgresStatements, 'lockTable' | 'lockRow'>,
): Promise<void> {
  await session.ask('BEGIN');
  await session.ask('SAVEPOINT fence');
  try {
    await session.ask(lockTable);
  } catch (error) {
    if (sqlStateOf((error as Error).cause) !== NOT_SUPPORTED) throw error;
    await session.ask('ROLLBACK TO SAVEPOINT fence');
    await session.ask(lockRow);
  }
}

export function countIn({ post, likes, unlikes }: Record<string, unknown>): PostCount {
  return { post: String(post), likes: likes as number, unlikes: unlikes as number };
}
