/** The file of a SQLite shard: its schema, its settings, and what its errors mean. */
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { CountingRule } from './count-store.ts';
import { StoreFolderError, StoreUnavailableError } from './errors.ts';
import { type SlotMap, slotMapToDocument } from './slot-map.ts';

/** The number of the layout below; another layout gets another number. */
const SHARD_FORMAT = 2;

/** How long a transaction waits for the write lock of another process before it is an outage. */
export const BUSY_TIMEOUT_MS = 10_000;

/** What SQLite syncs before a commit returns. Only FULL survives a power cut in WAL mode. */
export const SYNCHRONOUS_LEVELS = ['OFF', 'NORMAL', 'FULL'] as const;
export type Synchronous = (typeof SYNCHRONOUS_LEVELS)[number];

/** Who a shard file is: checked when it is opened, so that no file can stand in for another. */
export interface ShardIdentity {
  /** The id of the store that the file belongs to. */
  readonly store: string;
  readonly index: number;
  /** By which its likes are counted; *tally* where it is left out, as in the file itself. */
  readonly rule?: CountingRule | undefined;
}

/**
 * Pages of the write-ahead log after which it is copied into the file: 16 MiB. A copy costs two
 * more syncs, so it should be rare; the log is not to outgrow the file of a small store by far.
 */
const CHECKPOINT_PAGES = 4_096;

/** What the checksums are of stands in checksum.ts. */
const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE,
    ended INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE seen (
    source INTEGER NOT NULL REFERENCES sources (id),
    block INTEGER NOT NULL,
    bits BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (source, block)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE inherited (
    source INTEGER NOT NULL REFERENCES sources (id),
    block INTEGER NOT NULL,
    bits BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (source, block)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE counts (
    post TEXT PRIMARY KEY,
    likes INTEGER NOT NULL,
    unlikes INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** What a shard under *tally* adds up in `meta`. */
const TALLY_SUMS = ['marksDropped', 'movedLikes', 'movedUnlikes', 'movedMarks'];

/** `action` is 1 for a like and 0 for an unlike. */
const STATES_SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE states (
    post TEXT NOT NULL,
    user TEXT NOT NULL,
    version INTEGER NOT NULL,
    action INTEGER NOT NULL,
    PRIMARY KEY (post, user)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE counts (
    post TEXT PRIMARY KEY,
    likes INTEGER NOT NULL,
    unlikes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** Makes the file. The caller sees to it that nobody else looks at its folder yet. */
export function createShardFile(path: string, identity: ShardIdentity, map: SlotMap): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
    database.exec(identity.rule === 'states' ? STATES_SCHEMA : SCHEMA);
    // Numbers are bound as doubles, which only a column of type INTEGER turns back: hence bigints.
    const put = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
    put.run('format', BigInt(SHARD_FORMAT));
    put.run('store', identity.store);
    put.run('shard', BigInt(identity.index));
    put.run('slotMapVersion', BigInt(map.version));
    put.run('slotMap', JSON.stringify(slotMapToDocument(map)));
    if (identity.rule === 'states') put.run('rule', 'states');
    else for (const key of TALLY_SUMS) put.run(key, 0n);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

/** False for a file of which the making was interrupted: nothing was ever in it. */
export function hasShardTables(path: string): boolean {
  const database = new DatabaseSync(path);
  try {
    return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
  } finally {
    database.close();
  }
}

/**
 * Opens a file that `createShardFile` made.
 * @throws StoreFolderError when it is missing, damaged, of another format or of another store;
 * StoreUnavailableError when SQLite cannot open it now, or does not take the settings.
 */
export function openShardFile(
  path: string,
  identity: ShardIdentity,
  settings: {
    readonly synchronous: Synchronous;
    readonly busyTimeoutMs: number;
    readonly readOnly?: boolean;
  },
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = settings.readOnly
      ? openSnapshot(path, settings.busyTimeoutMs)
      : openExisting(path, settings.busyTimeoutMs);
    database.exec(`PRAGMA synchronous = ${settings.synchronous}`);
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    checkIdentity(database, path, identity);
    checkSettings(database, path, settings.synchronous);
    return database;
  } catch (cause) {
    database?.close();
    throw openingError(cause, path);
  }
}

/** A connection that cannot write: for reading at length, or again and again, beside a writer. */
export function openSnapshot(path: string, busyTimeoutMs: number): DatabaseSync {
  return new DatabaseSync(fileUrl(path, 'ro'), { readOnly: true, timeout: busyTimeoutMs });
}

/** `journal_mode` and `synchronous` as SQLite itself reports them. */
export function readSettings(database: DatabaseSync): Readonly<Record<string, string>> {
  const levels = ['OFF', 'NORMAL', 'FULL', 'EXTRA'];
  const { synchronous } = database.prepare('PRAGMA synchronous').get() as { synchronous: number };
  const { mode } = database
    .prepare('SELECT journal_mode AS mode FROM pragma_journal_mode')
    .get() as { mode: string };
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as {
    version: string;
  };
  return {
    engine: 'sqlite',
    sqliteVersion: version,
    journalMode: mode,
    synchronous: levels[synchronous] ?? String(synchronous),
  };
}

/**
 * What an error inside a transaction means. SQLite's errors are outages whatever their number:
 * none of them says anything about the likes. Other errors are returned as they are.
 */
export function outage(cause: unknown, path: string): unknown {
  const number = sqliteErrorNumber(cause);
  if (number === undefined) return cause;
  const { message } = cause as Error;
  const nextStep = NEXT_STEPS.get(number) ?? 'deliver the batch again once the cause is gone';
  return new StoreUnavailableError(`${path}: ${message} (SQLite ${number}); ${nextStep}`, {
    cause,
  });
}

/** Whether somebody else holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return sqliteErrorNumber(error) === SQLITE_BUSY;
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

const RESTORE = 'put back a copy of the whole store folder, or count again into another folder';

const NEXT_STEPS: ReadonlyMap<number, string> = new Map([
  [
    SQLITE_BUSY,
    'another process holds the write lock: deliver the batch again, or end that process',
  ],
  [8, 'make the file and its folder writable, then deliver the batch again'],
  [10, 'look at the disk (dmesg), then deliver the batch again'],
  [SQLITE_CORRUPT, RESTORE],
  [13, 'free some disk space, then deliver the batch again'],
  [SQLITE_CANTOPEN, 'see that the file is there and readable, then deliver the batch again'],
  [SQLITE_NOTADB, RESTORE],
]);

/** SQLite's primary result code: the low byte of the extended one. */
function sqliteErrorNumber(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

function openingError(cause: unknown, path: string): unknown {
  const number = sqliteErrorNumber(cause);
  if (number === SQLITE_CANTOPEN || number === SQLITE_CORRUPT || number === SQLITE_NOTADB) {
    const why = number === SQLITE_CANTOPEN ? 'is missing or not readable' : 'is damaged';
    return new StoreFolderError('STORE_CORRUPT', `${path} ${why}; ${RESTORE}`, { cause });
  }
  return outage(cause, path);
}

/** mode=rw keeps SQLite from making a new, empty file in the place of a missing one. */
function openExisting(path: string, busyTimeoutMs: number): DatabaseSync {
  return new DatabaseSync(fileUrl(path, 'rw'), { timeout: busyTimeoutMs });
}

function fileUrl(path: string, mode: 'ro' | 'rw'): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('mode', mode);
  return url;
}

function checkSettings(database: DatabaseSync, path: string, synchronous: Synchronous): void {
  const found = readSettings(database);
  if (found.journalMode === 'wal' && found.synchronous === synchronous) return;
  throw new StoreUnavailableError(
    `${path}: asked for WAL and ${synchronous}, SQLite keeps ${found.journalMode} and ` +
      `${found.synchronous}; put the store on a local disk that supports shared memory`,
  );
}

function checkIdentity(database: DatabaseSync, path: string, identity: ShardIdentity): void {
  const tables = database.prepare(
    "SELECT count(*) AS found FROM sqlite_schema WHERE name = 'meta'",
  );
  if (tables.get()!.found !== 1) {
    throw new StoreFolderError('STORE_CORRUPT', `${path} is not a shard of a store; ${RESTORE}`);
  }
  const read = database.prepare('SELECT value FROM meta WHERE key = ?');
  const format = read.get('format')?.value;
  if (format !== SHARD_FORMAT) {
    throw new StoreFolderError(
      'STORE_FORMAT_UNKNOWN',
      `${path} has format ${format}, only ${SHARD_FORMAT} is known here; ` +
        'use the release that made it, or count again into another folder (lab rebuild --into)',
    );
  }
  const store = read.get('store')?.value;
  const index = read.get('shard')?.value;
  const rule = read.get('rule')?.value ?? 'tally';
  const wanted = identity.rule ?? 'tally';
  if (rule !== wanted) {
    throw new StoreFolderError(
      'STORE_CORRUPT',
      `${path} counts by the rule ${rule}, its store by ${wanted}; ${RESTORE}`,
    );
  }
  if (store === identity.store && index === identity.index) return;
  throw new StoreFolderError(
    'STORE_CORRUPT',
    `${path} is shard ${index} of store ${store}, expected shard ${identity.index} of store ` +
      `${identity.store}; ${RESTORE}`,
  );
}
