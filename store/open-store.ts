/** Opens the count store in a folder, and makes it when there is none yet. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { type CassandraStoreOptions, cassandraOptionsSchema } from './cassandra-options.ts';
import type { CountingRule, CountStore, Shard } from './count-store.ts';
import { StoreFolderError } from './errors.ts';
import { MemoryShard } from './memory-shard.ts';
import { MemoryStatesShard } from './memory-states-shard.ts';
import type { PostgresStoreOptions } from './postgres-store.ts';
import type { RoutingChoice } from './routing/routing.ts';
import { ruleProblem, ruleSchema } from './rule-option.ts';
import { ShardedStore } from './sharded-store.ts';
import {
  routingProblem,
  routingSchema,
  type ShardingOptions,
  shardingFields,
} from './sharding-options.ts';
import { evenSlotMap, newSlotMap, SHARDS_MAX } from './slot-map.ts';
import {
  BUSY_TIMEOUT_MS,
  createShardFile,
  type ShardIdentity,
  SYNCHRONOUS_LEVELS,
  type Synchronous,
} from './sqlite-file.ts';
import { SqliteShard } from './sqlite-shard.ts';
import { SqliteStatesShard } from './sqlite-states-shard.ts';
import { readStoreFile, STORE_FILE_NAME, syncFolder, writeStoreFile } from './store-file.ts';

export const SHARDS_DEFAULT = 4;

/** A store in a folder, shared by all processes that open it. */
export interface SqliteStoreOptions extends ShardingOptions {
  readonly engine?: 'sqlite';
  readonly folder: string;
  /** For a new store; an existing one keeps its own number. 4 unless told. */
  readonly shards?: number;
  /** For a new store; an existing one keeps its own. *tally* unless told. */
  readonly rule?: CountingRule | undefined;
  /** FULL unless told: a commit survives a power cut. */
  readonly synchronous?: Synchronous;
  /** How long to wait for a shard's write lock, in ms, before it is an outage. */
  readonly busyTimeoutMs?: number;
  /** For whoever only looks: makes no store, and cannot change one. */
  readonly readOnly?: boolean;
}

/** A store that only this object knows, and that ends with it. */
export interface MemoryStoreOptions {
  readonly engine: 'memory';
  readonly shards?: number;
  readonly rule?: CountingRule | undefined;
  readonly routing?: RoutingChoice | undefined;
}

export type StoreOptions =
  | SqliteStoreOptions
  | PostgresStoreOptions
  | CassandraStoreOptions
  | MemoryStoreOptions;

const shardsSchema = z.number().int().min(1).max(SHARDS_MAX).optional();

const optionsSchema: z.ZodType<StoreOptions> = z.union([
  z.strictObject({
    engine: z.literal('memory'),
    shards: shardsSchema,
    rule: ruleSchema,
    routing: routingSchema.optional(),
  }),
  cassandraOptionsSchema,
  z.strictObject({
    engine: z.literal('postgres'),
    urls: z
      .array(z.url({ protocol: /^postgres(ql)?$/ }))
      .min(1)
      .max(SHARDS_MAX),
    // Short, since it becomes part of a name that PostgreSQL cuts off at 63 bytes.
    name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/),
    shards: shardsSchema,
    rule: ruleSchema,
    lockTimeoutMs: z.number().int().positive().optional(),
    connectionsMax: z.number().int().positive().optional(),
    readOnly: z.boolean().optional(),
    ...shardingFields,
  }),
  z.strictObject({
    engine: z.literal('sqlite').optional(),
    folder: z.string().min(1),
    shards: shardsSchema,
    rule: ruleSchema,
    synchronous: z.enum(SYNCHRONOUS_LEVELS).optional(),
    busyTimeoutMs: z.number().int().nonnegative().optional(),
    readOnly: z.boolean().optional(),
    ...shardingFields,
  }),
]) as z.ZodType<StoreOptions>;

/**
 * Opens the store that the options describe. Several processes may do so at once, also when the
 * folder is not there yet: one of them makes it, all use that one.
 * @throws StoreFolderError when the folder is not a store, is damaged, is of another format, or has
 * another number of shards, routing or rule than asked for; StoreUnavailableError when SQLite
 * cannot open it now.
 */
export async function openStore(options: StoreOptions): Promise<CountStore> {
  const checked = checkOptions(options);
  if (checked.engine === 'memory') return await openMemoryStore(checked);
  if (checked.engine === 'postgres') {
    // Loaded here, since most processes need no PostgreSQL.
    const { openPostgresStore } = await import('./postgres-store.ts');
    return await openPostgresStore(checked, SHARDS_DEFAULT);
  }
  if (checked.engine === 'cassandra') {
    // Loaded here, since most processes need no Cassandra.
    const { openCassandraStore } = await import('./cassandra-store.ts');
    return await openCassandraStore(checked);
  }
  const folder = resolve(checked.folder);
  if (!isStore(folder)) {
    if (checked.readOnly) throw notAStore(folder, 'is empty or not there yet');
    createStore(folder, checked);
  }
  return await openFolder(folder, checked);
}

async function openFolder(folder: string, options: SqliteStoreOptions): Promise<CountStore> {
  const { store, rule, slotMap } = readStoreFile(folder);
  const found = slotMap.shards;
  if (options.shards !== undefined && options.shards !== found) {
    throw new StoreFolderError(
      'STORE_SHARDS_DIFFER',
      `${folder} has ${found} shards, ${options.shards} were asked for; ask for ${found}, for no ` +
        'number, or use another folder',
    );
  }
  const problem =
    ruleProblem(folder, rule, options.rule) ?? routingProblem(folder, slotMap, options);
  if (problem !== undefined) throw problem;
  const open = (index: number) => openShard(folder, { store, index, rule }, options);
  let shards: Shard[];
  try {
    shards = await openShards(found, open);
  } catch (error) {
    // A mover may have taken a shard away since the map was read; then there is a newer one.
    if (readStoreFile(folder).slotMap.version === slotMap.version) throw error;
    return await openFolder(folder, options);
  }
  return await ShardedStore.open(shards, () => readStoreFile(folder).slotMap, {
    openShard: open,
    // Shards that hold back must not wait for each other's turns.
    sideBySide: options.transactionsPerSMax !== undefined,
    likesPerTransactionMax: options.likesPerTransactionMax,
  });
}

/** @throws StoreFolderError STORE_OPTIONS_INVALID */
export function checkOptions(options: StoreOptions): StoreOptions {
  const { success, error } = optionsSchema.safeParse(options);
  if (success) return options;
  const why = z.prettifyError(error).replaceAll(/\s+/g, ' ');
  throw new StoreFolderError(
    'STORE_OPTIONS_INVALID',
    `the store's options are wrong: ${why}; give a folder and 1 to ${SHARDS_MAX} shards`,
    { cause: error },
  );
}

function openMemoryStore({
  shards: count = SHARDS_DEFAULT,
  rule,
  routing,
}: MemoryStoreOptions): Promise<CountStore> {
  const map = evenSlotMap(count, routing);
  const ShardOfRule = rule === 'states' ? MemoryStatesShard : MemoryShard;
  const shards = Array.from({ length: count }, (_, index) => new ShardOfRule(index, map));
  return ShardedStore.open(shards, () => map);
}

function openShard(folder: string, identity: ShardIdentity, options: SqliteStoreOptions): Shard {
  const { synchronous = 'FULL', busyTimeoutMs = BUSY_TIMEOUT_MS, readOnly = false } = options;
  const path = shardPath(folder, identity.index);
  const file = { path, identity, synchronous, busyTimeoutMs, readOnly };
  const ShardOfRule = identity.rule === 'states' ? SqliteStatesShard : SqliteShard;
  return new ShardOfRule({ ...file, transactionsPerSMax: options.transactionsPerSMax });
}

async function openShards(count: number, open: (index: number) => Shard): Promise<Shard[]> {
  const opened: Shard[] = [];
  try {
    for (let index = 0; index < count; index++) opened.push(open(index));
    return opened;
  } catch (error) {
    for (const shard of opened) await shard[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where the file of a shard is. */
export function shardPath(folder: string, index: number): string {
  return join(folder, `shard-${index}.sqlite`);
}

/** True for a store, false where one can be made. @throws StoreFolderError for anything else. */
function isStore(folder: string): boolean {
  try {
    // One listing decides, since another process may make the store between two looks.
    const names = readdirSync(folder);
    if (names.includes(STORE_FILE_NAME)) return true;
    if (names.length === 0) return false;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'ENOTDIR') throw notAStore(folder, `cannot be listed (${code})`, cause);
    throw notAStore(folder, 'is a file', cause);
  }
  throw notAStore(folder, `holds other things and no ${STORE_FILE_NAME}`);
}

/**
 * Makes the whole store under another name beside `folder`, then renames it: it is there whole or
 * not at all, and of several processes one wins. A crash on the way leaves a folder `….creating-…`.
 */
function createStore(
  folder: string,
  { shards = SHARDS_DEFAULT, rule, ...options }: SqliteStoreOptions,
): void {
  const draft = `${folder}.creating-${randomUUID()}`;
  try {
    mkdirSync(draft, { recursive: true });
    const description = {
      store: randomUUID(),
      engine: 'sqlite',
      ...(rule === 'states' && { rule }),
      slotMap: newSlotMap(shards, options),
    } as const;
    for (let index = 0; index < shards; index++) {
      const identity = { store: description.store, index, rule };
      createShardFile(shardPath(draft, index), identity, description.slotMap);
    }
    writeStoreFile(draft, description);
    renameSync(draft, folder);
    syncFolder(dirname(folder));
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    if (isStore(folder)) return;
    throw new StoreFolderError(
      'STORE_NOT_CREATED',
      `${folder} could not be made: ${(cause as Error).message}; choose a folder on a local disk ` +
        'whose parent is writable',
      { cause },
    );
  }
}

function notAStore(folder: string, why: string, cause?: unknown): StoreFolderError {
  return new StoreFolderError(
    'NOT_A_STORE',
    `${folder} is no store: it ${why}; choose an empty folder or one that is not there yet`,
    { cause },
  );
}
