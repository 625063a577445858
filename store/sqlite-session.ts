/** What shards of either rule do alike with their SQLite file: transactions, reading, slot map. */
import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { PostCount } from './count-store.ts';
import { SlotMapChangedError } from './errors.ts';
import { type SlotMap, slotMapToDocument } from './slot-map.ts';
import { SqliteBucket } from './sqlite-bucket.ts';
import {
  BUSY_TIMEOUT_MS,
  openShardFile,
  openSnapshot,
  outage,
  type ShardIdentity,
  type Synchronous,
} from './sqlite-file.ts';
import { slotMapIn } from './sqlite-problems.ts';

export interface SqliteSessionOptions {
  readonly path: string;
  readonly identity: ShardIdentity;
  readonly synchronous: Synchronous;
  readonly busyTimeoutMs?: number;
  /** Whoever applies to such a shard is refused by SQLite. */
  readonly readOnly?: boolean;
  /** Over all processes; no limit unless told (transaction-bucket.ts). */
  readonly transactionsPerSMax?: number | undefined;
}

/** An open shard file. All SQLite errors come out of it as outages. */
export class SqliteSession implements Disposable {
  readonly path: string;
  readonly index: number;
  readonly database: DatabaseSync;
  readonly bucket: SqliteBucket | undefined;
  readonly #busyTimeoutMs: number;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #readVersion: StatementSync;
  readonly #readCount: StatementSync;
  readonly #readCounts: StatementSync;

  /** @throws the errors of openShardFile. */
  constructor(options: SqliteSessionOptions) {
    const { path, identity, synchronous, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
    const { readOnly = false, transactionsPerSMax: perS } = options;
    this.path = path;
    this.index = identity.index;
    this.#busyTimeoutMs = busyTimeoutMs;
    const database = openShardFile(path, identity, { synchronous, busyTimeoutMs, readOnly });
    this.database = database;
    this.bucket = perS === undefined ? undefined : new SqliteBucket(database, path, perS);
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#readVersion = database.prepare("SELECT value FROM meta WHERE key = 'slotMapVersion'");
    this.#readCount = database.prepare('SELECT post, likes, unlikes FROM counts WHERE post = ?');
    this.#readCounts = database.prepare(
      `SELECT post, likes, unlikes FROM counts
       WHERE post IN (SELECT value FROM json_each(?))`,
    );
  }

  /** Takes the write lock before `work` reads anything, so that what it reads stays true. */
  inTransaction<Result>(work: () => Result): Result {
    return this.reading(() => {
      this.#begin.run();
      try {
        const result = work();
        this.#commit.run();
        return result;
      } catch (error) {
        // SQLite may have rolled back by itself, for instance when the disk is full.
        if (this.database.isTransaction) this.database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /**
   * One batch: a transaction that is refused where the shard has another slot map, and that waits
   * for its turn where their number is limited.
   * Rejects with SlotMapChangedError, or an outage.
   */
  async applying<Result>(slotMapVersion: number, work: () => Result): Promise<Result> {
    const { bucket } = this;
    const apply = () =>
      this.inTransaction(() => {
        this.#checkSlotMapVersion(slotMapVersion);
        bucket?.take();
        return work();
      });
    return bucket === undefined ? apply() : await bucket.whenAdmitted(apply);
  }

  reading<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw outage(error, this.path);
    }
  }

  /** All rows of a query from one snapshot, over a connection of its own. */
  *snapshot(query: string): Iterable<Record<string, unknown>> {
    const database = this.reading(() => openSnapshot(this.path, this.#busyTimeoutMs));
    try {
      yield* database.prepare(query).iterate();
    } catch (error) {
      throw outage(error, this.path);
    } finally {
      database.close();
    }
  }

  slotMapVersion(): number {
    return this.#readVersion.get()!.value as number;
  }

  /** To be asked inside the transaction that relies on it. @throws SlotMapChangedError */
  #checkSlotMapVersion(expected: number): void {
    const found = this.slotMapVersion();
    if (found !== expected) throw new SlotMapChangedError(this.index, found, expected);
  }

  adoptSlotMap(map: SlotMap): void {
    const put = this.database.prepare('UPDATE meta SET value = ? WHERE key = ?');
    this.inTransaction(() => {
      put.run(BigInt(map.version), 'slotMapVersion');
      put.run(JSON.stringify(slotMapToDocument(map)), 'slotMap');
    });
  }

  slotMap(): SlotMap {
    return this.reading(() => slotMapIn(this.database, this.path));
  }

  countsOf(posts: readonly string[]): PostCount[] {
    return this.reading(() => {
      if (posts.length === 1) return rowsOf(this.#readCount.all(posts[0]!));
      return rowsOf(this.#readCounts.all(JSON.stringify(posts)));
    });
  }

  /** Bytes of the file and of its write-ahead log; the log's index is memory, not data. */
  diskBytes(): number {
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return sizeOf(this.path) + sizeOf(`${this.path}-wal`);
  }

  [Symbol.dispose](): void {
    if (this.database.isOpen) this.database.close();
  }
}

/** node:sqlite's rows have no prototype; ours are plain objects. */
export function rowsOf(rows: readonly Record<string, unknown>[]): PostCount[] {
  return rows.map((row) => ({ ...row }) as unknown as PostCount);
}
