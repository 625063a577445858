/** A store in PostgreSQL in the hands of the one process that may move anything in it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { StoreFolderError } from '../errors.ts';
import { outage } from '../postgres-errors.ts';
import {
  createShard,
  type PostgresDescription,
  readDescription,
  schemaOf,
} from '../postgres-schema.ts';
import type { PostgresSessions } from '../postgres-sessions.ts';
import { type PostgresStoreOptions, sessionsOf } from '../postgres-store.ts';
import { type SlotMap, slotMapToDocument } from '../slot-map.ts';
import { refuseStates, StoreMoveError } from './move-error.ts';
import { moveToDocument } from './move-record.ts';
import type { MovingShard } from './moving-shard.ts';
import { type MovingStore, PAGE_SIZES, type StoreState } from './moving-store.ts';
import { PostgresMovingShard } from './postgres-moving.ts';
import { emptyShard } from './postgres-moving-schema.ts';

const PAUSE_MS = 1;

/**
 * Rejects with StoreMoveError MOVE_UNDER_WAY while another process has it, StoreFolderError when
 * there is no such store, and StoreUnavailableError on an outage.
 */
export async function openPostgresMovingStore(options: PostgresStoreOptions): Promise<MovingStore> {
  await using opened = new AsyncDisposableStack();
  const home = opened.use(sessionsOf(options, 0));
  const { rule } = await describe(options, home);
  refuseStates(`store ${options.name} at ${home.title}`, rule);
  const lock = opened.use(await takeLock(options, home.title));
  const store = new PostgresMovingStore(options, home, lock);
  opened.move();
  return store;
}

export async function readPostgresSlotMap(options: PostgresStoreOptions): Promise<SlotMap> {
  await using home = sessionsOf(options, 0);
  return (await describe(options, home)).slotMap;
}

class PostgresMovingStore implements MovingStore {
  readonly pageSizes = PAGE_SIZES;
  readonly isSideBySide = true;
  readonly #options: PostgresStoreOptions;
  readonly #home: PostgresSessions;
  readonly #lock: MoverLock;
  readonly #mover = randomUUID();
  readonly #shards = new Map<number, PostgresMovingShard>();

  constructor(options: PostgresStoreOptions, home: PostgresSessions, lock: MoverLock) {
    this.#options = options;
    this.#home = home;
    this.#lock = lock;
  }

  async pause(): Promise<void> {
    await wait(PAUSE_MS);
  }

  async state(): Promise<StoreState> {
    const { slotMap, move } = await describe(this.#options, this.#home);
    return { slotMap, move };
  }

  /** Over the connection that holds the lock: who has lost it brings nothing into force. */
  async write({ slotMap, move }: StoreState): Promise<void> {
    const text = `UPDATE ${this.#schemaOf(0)}.store SET slot_map = $1, move = $2`;
    const document = move && JSON.stringify(moveToDocument(move));
    const values = [JSON.stringify(slotMapToDocument(slotMap)), document ?? null];
    await this.#lock.ask(text, values);
  }

  async shard(index: number): Promise<MovingShard> {
    let shard = this.#shards.get(index);
    if (shard === undefined) {
      const sessions = sessionsOf(this.#options, index);
      shard = new PostgresMovingShard(index, sessions, this.#schemaOf(index), this.#mover);
      this.#shards.set(index, shard);
    }
    return shard;
  }

  async createShard(index: number, map: SlotMap): Promise<void> {
    const schema = this.#schemaOf(index);
    const { store } = await describe(this.#options, this.#home);
    await using sessions = sessionsOf(this.#options, index);
    await createShard(sessions, schema, { store, index }, map);
    // One that was drained earlier is still there, and empty.
    await sessions.ask({
      text: `UPDATE ${schema}.shard SET is_removed = false, slot_map_version = $1, slot_map = $2
        WHERE is_removed`,
      values: [map.version, JSON.stringify(slotMapToDocument(map))],
    });
  }

  async removeShard(index: number): Promise<void> {
    const schema = this.#schemaOf(index);
    await using sessions = sessionsOf(this.#options, index);
    const text = 'SELECT 1 FROM pg_namespace WHERE quote_ident(nspname) = $1';
    const isThere = (await sessions.ask({ text, values: [schema] })).length > 0;
    if (isThere) await sessions.ask(emptyShard(schema));
    await this.#shards.get(index)?.[Symbol.asyncDispose]();
    this.#shards.delete(index);
  }

  async openSample(map: SlotMap): Promise<MovingShard> {
    const schema = pg.escapeIdentifier(`like_sample_${randomUUID()}`);
    const sessions = sessionsOf(this.#options, 0);
    await createShard(sessions, schema, { store: randomUUID(), index: 0 }, map);
    const shard = new PostgresMovingShard(0, sessions, schema, this.#mover);
    const close = shard[Symbol.asyncDispose].bind(shard);
    return Object.assign(shard, {
      [Symbol.asyncDispose]: async () => {
        await sessions.ask(`DROP SCHEMA ${schema} CASCADE`);
        await close();
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const shard of this.#shards.values()) await shard[Symbol.asyncDispose]();
    await this.#home[Symbol.asyncDispose]();
    await this.#lock[Symbol.asyncDispose]();
  }

  #schemaOf(index: number): string {
    return schemaOf(this.#options.name, index);
  }
}

/** A connection whose end, however it comes, gives the lock back. */
class MoverLock implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #title: string;

  constructor(client: pg.Client, title: string) {
    this.#client = client;
    this.#title = title;
  }

  async ask(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
    try {
      return (await this.#client.query(text, values)).rows;
    } catch (error) {
      throw outage(error, this.#title);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => {});
  }
}

async function takeLock(options: PostgresStoreOptions, title: string): Promise<MoverLock> {
  const client = new pg.Client({ connectionString: options.urls[0]!, keepAlive: true });
  // What ends it is told by the next query.
  client.on('error', () => {});
  await client.connect().catch((error: unknown) => {
    throw outage(error, title);
  });
  const lock = new MoverLock(client, title);
  const text = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken';
  const [row] = await lock.ask(text, [schemaOf(options.name, 0)]);
  if (row!.taken === true) return lock;
  await lock[Symbol.asyncDispose]();
  throw new StoreMoveError(
    'MOVE_UNDER_WAY',
    `another process is moving posts of store ${options.name} now; wait until it has ended`,
  );
}

async function describe(
  { name }: PostgresStoreOptions,
  home: PostgresSessions,
): Promise<PostgresDescription> {
  const found = await readDescription(home, schemaOf(name, 0));
  if (found !== undefined) return found;
  throw new StoreFolderError(
    'NOT_A_STORE',
    `store ${name} at ${home.title} is not there; name another one`,
  );
}
