/** A shard in one SQLite file, by way of the node:sqlite that is built into Node. */
import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Like } from '../likes/like.ts';
import { COUNT_CHECKSUM_MASK, countChecksum, marksChecksum } from './checksum.ts';
import { type BatchCount, countBatch, type KnownSource, type MarkReader } from './count-batch.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals } from './count-store.ts';
import { SlotMapChangedError } from './errors.ts';
import { emptyBlock } from './marks.ts';
import { type SlotMap, shardsOfPost, slotMapToDocument } from './slot-map.ts';
import { SqliteBucket } from './sqlite-bucket.ts';
import {
  BUSY_TIMEOUT_MS,
  openShardFile,
  openSnapshot,
  outage,
  readSettings,
  type ShardIdentity,
  type Synchronous,
} from './sqlite-file.ts';
import { problemsIn, type StoredBits, slotMapIn, soundBits, totalsOf } from './sqlite-problems.ts';
import {
  refuseWhileMoving,
  retireIn,
  type SourceStatements,
  sourceIn,
  sourceStatements,
} from './sqlite-sources.ts';

export interface SqliteShardOptions {
  readonly path: string;
  readonly identity: ShardIdentity;
  readonly synchronous: Synchronous;
  readonly busyTimeoutMs?: number;
  /** Whoever applies to such a shard is refused by SQLite. */
  readonly readOnly?: boolean;
  /** Over all processes; no limit unless told (transaction-bucket.ts). */
  readonly transactionsPerSMax?: number | undefined;
}

/**
 * Nothing of the file is kept in memory between transactions: other processes write it too.
 * node:sqlite is synchronous: a call has done its work before it returns its promise.
 */
export class SqliteShard implements Shard, MarkReader {
  readonly index: number;
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  readonly #database: DatabaseSync;
  readonly #bucket: SqliteBucket | undefined;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #readVersion: StatementSync;
  readonly #sourceStatements: SourceStatements;
  readonly #readBits: StatementSync;
  readonly #readInherited: StatementSync;
  readonly #writeBits: StatementSync;
  readonly #addToCount: StatementSync;
  readonly #readCount: StatementSync;
  readonly #readCounts: StatementSync;

  /** @throws the errors of openShardFile. */
  constructor(options: SqliteShardOptions) {
    const { path, identity, synchronous, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
    const { readOnly = false, transactionsPerSMax: perS } = options;
    this.index = identity.index;
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
    const database = openShardFile(path, identity, { synchronous, busyTimeoutMs, readOnly });
    this.#database = database;
    this.#bucket = perS === undefined ? undefined : new SqliteBucket(database, path, perS);
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#readVersion = database.prepare("SELECT value FROM meta WHERE key = 'slotMapVersion'");
    this.#sourceStatements = sourceStatements(database);
    this.#readBits = database.prepare(
      'SELECT bits, checksum FROM seen WHERE source = ? AND block = ?',
    );
    this.#readInherited = database.prepare(
      'SELECT bits, checksum FROM inherited WHERE source = ? AND block = ?',
    );
    this.#writeBits = database.prepare(
      `INSERT INTO seen (source, block, bits, checksum) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET bits = excluded.bits, checksum = excluded.checksum`,
    );
    this.#addToCount = database.prepare(
      `INSERT INTO counts (post, likes, unlikes, checksum) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         likes = likes + excluded.likes, unlikes = unlikes + excluded.unlikes,
         checksum = (checksum + excluded.checksum) & ${COUNT_CHECKSUM_MASK}`,
    );
    this.#readCount = database.prepare('SELECT post, likes, unlikes FROM counts WHERE post = ?');
    this.#readCounts = database.prepare(
      `SELECT post, likes, unlikes FROM counts
       WHERE post IN (SELECT value FROM json_each(?))`,
    );
  }

  async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    const apply = () =>
      this.#inTransaction(() => {
        const found = this.#slotMapVersionHeld();
        if (found !== slotMapVersion) {
          throw new SlotMapChangedError(this.index, found, slotMapVersion);
        }
        this.#bucket?.take();
        const counted = countBatch(likes, places, this);
        this.#write(counted);
        return { fresh: counted.fresh, seen: counted.seen, ended: counted.ended };
      });
    return this.#bucket === undefined ? apply() : await this.#bucket.whenAdmitted(apply);
  }

  /** Part of MarkReader: only to be called inside a transaction. */
  source(name: string): KnownSource {
    return sourceIn(this.#sourceStatements, name);
  }

  /** Part of MarkReader: only to be called inside a transaction. */
  bits(sourceId: number, block: number, source: string): Uint8Array {
    const row = this.#readBits.get(sourceId, block) as StoredBits | undefined;
    return row === undefined ? emptyBlock() : soundBits(row, this.#path, { source, block });
  }

  /** Part of MarkReader: only to be called inside a transaction. */
  inherited(sourceId: number, block: number, source: string): Uint8Array | undefined {
    const row = this.#readInherited.get(sourceId, block) as StoredBits | undefined;
    return row && soundBits(row, this.#path, { source, block });
  }

  async retireSource(name: string): Promise<number> {
    return this.#inTransaction(() => {
      refuseWhileMoving(this.#database, this.#path);
      return retireIn(this.#database, name, this.#path);
    });
  }

  async slotMapVersion(): Promise<number> {
    return this.#reading(() => this.#slotMapVersionHeld());
  }

  async adoptSlotMap(map: SlotMap): Promise<void> {
    const put = this.#database.prepare('UPDATE meta SET value = ? WHERE key = ?');
    this.#inTransaction(() => {
      put.run(BigInt(map.version), 'slotMapVersion');
      put.run(JSON.stringify(slotMapToDocument(map)), 'slotMap');
    });
  }

  async ownership(): Promise<(post: string) => boolean> {
    const map = this.#reading(() => slotMapIn(this.#database, this.#path));
    return (post) => shardsOfPost(map, post).includes(this.index);
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    return this.#reading(() => {
      if (posts.length === 1) return rowsOf(this.#readCount.all(posts[0]!));
      return rowsOf(this.#readCounts.all(JSON.stringify(posts)));
    });
  }

  async topPosts(limit: number): Promise<PostCount[]> {
    const ranked = `SELECT post, likes, unlikes FROM counts
                    ORDER BY likes - unlikes DESC, post LIMIT ?`;
    return this.#reading(() => rowsOf(this.#database.prepare(ranked).all(limit)));
  }

  async *counts(): AsyncIterable<PostCount> {
    for (const row of this.#snapshot('SELECT post, likes, unlikes FROM counts')) {
      yield { ...row } as unknown as PostCount;
    }
  }

  async *marks(): AsyncIterable<MarkBlock> {
    const query = 'SELECT sources.source, block, bits FROM seen JOIN sources ON id = seen.source';
    for (const row of this.#snapshot(query)) yield { ...row } as unknown as MarkBlock;
  }

  async totals(): Promise<Totals> {
    return this.#reading(() => totalsOf(this.#database));
  }

  async findProblems(spelledOutMax?: number): Promise<string[]> {
    return this.#reading(() => problemsIn(this.#database, this.index, spelledOutMax));
  }

  /** Bytes of the file and of its write-ahead log; the log's index is memory, not data. */
  async diskBytes(): Promise<number> {
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return sizeOf(this.#path) + sizeOf(`${this.#path}-wal`);
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    return this.#reading(() => ({ ...readSettings(this.#database), ...this.#bucket?.settings }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #slotMapVersionHeld(): number {
    return this.#readVersion.get()!.value as number;
  }

  #write({ blocks, tallies }: BatchCount): void {
    for (const { sourceId, source, block, bits, changed } of blocks) {
      if (changed) this.#writeBits.run(sourceId, block, bits, marksChecksum(source, block, bits));
    }
    for (const { post, likes, unlikes } of tallies) {
      this.#addToCount.run(post, likes, unlikes, countChecksum(post, likes, unlikes));
    }
  }

  /** Takes the write lock before `work` reads anything, so that what it reads stays true. */
  #inTransaction<Result>(work: () => Result): Result {
    return this.#reading(() => {
      this.#begin.run();
      try {
        const result = work();
        this.#commit.run();
        return result;
      } catch (error) {
        // SQLite may have rolled back by itself, for instance when the disk is full.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #reading<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw outage(error, this.#path);
    }
  }

  *#snapshot(query: string): Iterable<Record<string, unknown>> {
    const database = this.#reading(() => openSnapshot(this.#path, this.#busyTimeoutMs));
    try {
      yield* database.prepare(query).iterate();
    } catch (error) {
      throw outage(error, this.#path);
    } finally {
      database.close();
    }
  }
}

function rowsOf(rows: readonly Record<string, unknown>[]): PostCount[] {
  return rows.map((row) => ({ ...row }) as unknown as PostCount);
}
