/** Opens the count store in PostgreSQL, and makes it when there is none yet. */
import type { CountingRule, CountStore } from './count-store.ts';
import { StoreFolderError } from './errors.ts';
import { PostgresBucket } from './postgres-bucket.ts';
import { openingError } from './postgres-errors.ts';
import {
  checkShard,
  createDescription,
  createShard,
  markComplete,
  type PostgresDescription,
  readDescription,
  schemaOf,
} from './postgres-schema.ts';
import { PostgresSessions } from './postgres-sessions.ts';
import { PostgresShard } from './postgres-shard.ts';
import { PostgresStatesShard } from './postgres-states-shard.ts';
import { ruleProblem } from './rule-option.ts';
import { ShardedStore } from './sharded-store.ts';
import { routingProblem, type ShardingOptions } from './sharding-options.ts';
import { newSlotMap } from './slot-map.ts';

/** A store in one database or several, shared by all processes that open it. */
export interface PostgresStoreOptions extends ShardingOptions {
  readonly engine: 'postgres';
  /**
   * `postgres://user:password@host:port/database`, one or several: the shards go round robin over
   * them, so a database of its own for each shard is as many addresses as shards. Citus and
   * YugabyteDB are one address, with one shard.
   */
  readonly urls: readonly string[];
  /** Tells the store from others in the same databases. */
  readonly name: string;
  /** For a new store; an existing one keeps its own number. */
  readonly shards?: number;
  /** For a new store; an existing one keeps its own. *tally* unless told. */
  readonly rule?: CountingRule | undefined;
  /** How long a transaction waits for the lock of another one, in ms, before it is an outage. */
  readonly lockTimeoutMs?: number;
  /** Connections of this process for each shard at most. */
  readonly connectionsMax?: number;
  /** For whoever only looks: makes no store, and cannot change one. */
  readonly readOnly?: boolean;
}

/**
 * Several processes may do so at once, also when the store is not there yet: all use one.
 * @throws StoreFolderError when there is no store to read, it is damaged, has another number of
 * shards than asked for, or is of another format; StoreUnavailableError when PostgreSQL is.
 */
export async function openPostgresStore(
  options: PostgresStoreOptions,
  shardsDefault: number,
): Promise<CountStore> {
  const { name, shards: wanted, readOnly = false, transactionsPerSMax: perS } = options;
  await using opened = new AsyncDisposableStack();
  const connect = (index: number) => opened.use(sessionsOf(options, index));
  const home = connect(0);
  try {
    const found = await findOrMake(options, home, shardsDefault);
    const { shards } = found.slotMap;
    if (wanted !== undefined && wanted !== shards) throw shardsDiffer(options, home, shards);
    const where = `store ${name} at ${home.title}`;
    const problem =
      ruleProblem(where, found.rule, options.rule) ?? routingProblem(where, found.slotMap, options);
    if (problem !== undefined) throw problem;
    const all = Array.from({ length: shards }, (_, index) => (index === 0 ? home : connect(index)));
    if (!found.isComplete) {
      if (readOnly) throw notAStore(options, home, 'is still being made');
      await completeStore(name, found, all);
    }
    const open = async (index: number, sessions: PostgresSessions) => {
      const schema = schemaOf(name, index);
      await checkShard(sessions, schema, { store: found.store, index });
      const isLimited = perS !== undefined && !readOnly;
      const bucket = isLimited ? await PostgresBucket.open(sessions, schema, perS) : undefined;
      const ShardOfRule = found.rule === 'states' ? PostgresStatesShard : PostgresShard;
      return new ShardOfRule(index, sessions, schema, bucket);
    };
    const made = all.map((sessions, index) => open(index, sessions));
    const loadSlotMap = async () => (await readDescription(home, schemaOf(name, 0)))!.slotMap;
    const store = await ShardedStore.open(await Promise.all(made), loadSlotMap, {
      openShard: (index) => openLater(sessionsOf(options, index), index, open),
      // Each shard waits for its own disk, so all wait at once.
      sideBySide: true,
      likesPerTransactionMax: options.likesPerTransactionMax,
    });
    opened.move();
    return store;
  } catch (error) {
    throw openingError(error, home.title);
  }
}

/** A shard that was added since the store was opened. */
async function openLater(
  sessions: PostgresSessions,
  index: number,
  open: (index: number, sessions: PostgresSessions) => Promise<PostgresShard>,
): Promise<PostgresShard> {
  try {
    return await open(index, sessions);
  } catch (error) {
    await sessions[Symbol.asyncDispose]();
    throw error;
  }
}

/** Drops the store with all its counts. Does nothing where there is none. */
export async function deletePostgresStore(options: PostgresStoreOptions): Promise<void> {
  await using home = sessionsOf(options, 0);
  const found = await readDescription(home, schemaOf(options.name, 0));
  if (found === undefined) return;
  // Those that were drained as well. Shard 0 last: as long as it is there, the others can be found.
  const shards = Math.max(found.slotMap.shards, await shardsEverMade(options));
  for (let index = shards - 1; index >= 0; index--) {
    await using sessions = sessionsOf(options, index);
    await sessions.ask(`DROP SCHEMA IF EXISTS ${schemaOf(options.name, index)} CASCADE`);
  }
}

/** Shards are made without gaps, and a drained one leaves its empty schema. */
async function shardsEverMade(options: PostgresStoreOptions): Promise<number> {
  for (let index = 0; ; index++) {
    await using sessions = sessionsOf(options, index);
    const query = 'SELECT 1 FROM pg_namespace WHERE quote_ident(nspname) = $1';
    const values = [schemaOf(options.name, index)];
    if ((await sessions.ask({ text: query, values })).length === 0) return index;
  }
}

export function sessionsOf(options: PostgresStoreOptions, index: number): PostgresSessions {
  const { urls } = options;
  return new PostgresSessions({ ...options, url: urls[index % urls.length]! });
}

async function findOrMake(
  options: PostgresStoreOptions,
  home: PostgresSessions,
  shardsDefault: number,
): Promise<PostgresDescription> {
  const schema = schemaOf(options.name, 0);
  const found = await readDescription(home, schema);
  if (found !== undefined) return found;
  if (options.readOnly) throw notAStore(options, home, 'is not there yet');
  const map = newSlotMap(options.shards ?? shardsDefault, options);
  await createDescription(home, schema, map, options.rule);
  return (await readDescription(home, schema))!;
}

async function completeStore(
  name: string,
  { store, rule, slotMap }: PostgresDescription,
  all: readonly PostgresSessions[],
): Promise<void> {
  await Promise.all(
    all.map((sessions, index) =>
      createShard(sessions, schemaOf(name, index), { store, index, rule }, slotMap),
    ),
  );
  await markComplete(all[0]!, schemaOf(name, 0));
}

function shardsDiffer(
  { name, shards: wanted }: PostgresStoreOptions,
  { title }: PostgresSessions,
  found: number,
): StoreFolderError {
  return new StoreFolderError(
    'STORE_SHARDS_DIFFER',
    `store ${name} at ${title} has ${found} shards, ${wanted} were asked for; ask for ${found}, ` +
      'for no number, or use another name',
  );
}

function notAStore(
  { name }: PostgresStoreOptions,
  { title }: PostgresSessions,
  why: string,
): StoreFolderError {
  return new StoreFolderError(
    'NOT_A_STORE',
    `store ${name} at ${title} ${why}; name another one, or open it for writing first`,
  );
}
