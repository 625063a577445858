/** A shard in one SQLite file, by way of the node:sqlite that is built into Node. */
import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Like } from '../likes/like.ts';
import { type BatchCount, countBatch, type KnownSource, type MarkReader } from './count-batch.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals } from './count-store.ts';
import { SlotMapChangedError } from './errors.ts';
import { countMarks, emptyBlock } from './marks.ts';
import { type SlotMap, shardOfPost, slotMapToDocument } from './slot-map.ts';
import {
  BUSY_TIMEOUT_MS,
  openShardFile,
  openSnapshot,
  outage,
  readSettings,
  type ShardIdentity,
  type Synchronous,
} from './sqlite-file.ts';
import { problemsIn, slotMapIn, totalsOf, wholeBlock } from './sqlite-problems.ts';

export interface SqliteShardOptions {
  readonly path: string;
  readonly identity: ShardIdentity;
  readonly synchronous: Synchronous;
  readonly busyTimeoutMs?: number;
  /** Whoever applies to such a shard is refused by SQLite. */
  readonly readOnly?: boolean;
}

/** Nothing of the file is kept in memory between transactions: other processes write it too. */
export class SqliteShard implements Shard, MarkReader {
  readonly index: number;
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #readVersion: StatementSync;
  readonly #readSource: StatementSync;
  readonly #addSource: StatementSync;
  readonly #readBits: StatementSync;
  readonly #writeBits: StatementSync;
  readonly #addToCount: StatementSync;
  readonly #readCount: StatementSync;

  /** @throws the errors of openShardFile. */
  constructor(options: SqliteShardOptions) {
    const { path, identity, synchronous, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
    const { readOnly = false } = options;
    this.index = identity.index;
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
    const database = openShardFile(path, identity, { synchronous, busyTimeoutMs, readOnly });
    this.#database = database;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#readVersion = database.prepare("SELECT value FROM meta WHERE key = 'slotMapVersion'");
    this.#readSource = database.prepare('SELECT id, ended FROM sources WHERE source = ?');
    this.#addSource = database.prepare('INSERT INTO sources (source) VALUES (?)');
    this.#readBits = database.prepare('SELECT bits FROM seen WHERE source = ? AND block = ?');
    this.#writeBits = database.prepare(
      `INSERT INTO seen (source, block, bits) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET bits = excluded.bits`,
    );
    this.#addToCount = database.prepare(
      `INSERT INTO counts (post, likes, unlikes) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET
         likes = likes + excluded.likes, unlikes = unlikes + excluded.unlikes`,
    );
    this.#readCount = database.prepare('SELECT post, likes, unlikes FROM counts WHERE post = ?');
  }

  apply(likes: readonly Like[], places: readonly number[], slotMapVersion: number): ShardCommit {
    return this.#inTransaction(() => {
      const found = this.#slotMapVersionHeld();
      if (found !== slotMapVersion) {
        throw new SlotMapChangedError(this.index, found, slotMapVersion);
      }
      const counted = countBatch(likes, places, this);
      this.#write(counted);
      return { fresh: counted.fresh, seen: counted.seen, ended: counted.ended };
    });
  }

  /** Part of MarkReader: only to be called inside a transaction. */
  source(name: string): KnownSource {
    const row = this.#readSource.get(name) as { id: number; ended: number } | undefined;
    if (row !== undefined) return { id: row.id, ended: row.ended !== 0 };
    return { id: Number(this.#addSource.run(name).lastInsertRowid), ended: false };
  }

  /** Part of MarkReader: only to be called inside a transaction. */
  bits(sourceId: number, block: number): Uint8Array {
    const row = this.#readBits.get(sourceId, block) as { bits: Uint8Array } | undefined;
    return row === undefined ? emptyBlock() : wholeBlock(row.bits, this.#path, sourceId, block);
  }

  retireSource(name: string): number {
    const database = this.#database;
    return this.#inTransaction(() => {
      const { id, ended } = this.source(name);
      if (ended) return 0;
      let dropped = 0;
      for (const row of database.prepare('SELECT bits FROM seen WHERE source = ?').iterate(id)) {
        dropped += countMarks(row.bits as Uint8Array);
      }
      database.prepare('DELETE FROM seen WHERE source = ?').run(id);
      database.prepare('UPDATE sources SET ended = 1 WHERE id = ?').run(id);
      database
        .prepare("UPDATE meta SET value = value + ? WHERE key = 'marksDropped'")
        .run(BigInt(dropped));
      return dropped;
    });
  }

  slotMapVersion(): number {
    return this.#reading(() => this.#slotMapVersionHeld());
  }

  adoptSlotMap(map: SlotMap): void {
    const put = this.#database.prepare('UPDATE meta SET value = ? WHERE key = ?');
    this.#inTransaction(() => {
      put.run(BigInt(map.version), 'slotMapVersion');
      put.run(JSON.stringify(slotMapToDocument(map)), 'slotMap');
    });
  }

  ownership(): (post: string) => boolean {
    const map = this.#reading(() => slotMapIn(this.#database, this.#path));
    return (post) => shardOfPost(map, post) === this.index;
  }

  countOf(post: string): PostCount | undefined {
    return this.#reading(() => {
      const row = this.#readCount.get(post);
      return row === undefined ? undefined : ({ ...row } as unknown as PostCount);
    });
  }

  topPosts(limit: number): PostCount[] {
    const ranked = `SELECT post, likes, unlikes FROM counts
                    ORDER BY likes - unlikes DESC, post LIMIT ?`;
    const rows = this.#reading(() => this.#database.prepare(ranked).all(limit));
    return rows.map((row) => ({ ...row }) as unknown as PostCount);
  }

  *counts(): Iterable<PostCount> {
    for (const row of this.#snapshot('SELECT post, likes, unlikes FROM counts')) {
      yield { ...row } as unknown as PostCount;
    }
  }

  *marks(): Iterable<MarkBlock> {
    const query = 'SELECT sources.source, block, bits FROM seen JOIN sources ON id = seen.source';
    for (const row of this.#snapshot(query)) yield { ...row } as unknown as MarkBlock;
  }

  totals(): Totals {
    return this.#reading(() => totalsOf(this.#database));
  }

  findProblems(): string[] {
    return this.#reading(() => problemsIn(this.#database, this.index));
  }

  /** Bytes of the file and of its write-ahead log; the log's index is memory, not data. */
  diskBytes(): number {
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return sizeOf(this.#path) + sizeOf(`${this.#path}-wal`);
  }

  settings(): Readonly<Record<string, string>> {
    return this.#reading(() => readSettings(this.#database));
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #slotMapVersionHeld(): number {
    return this.#readVersion.get()!.value as number;
  }

  #write({ blocks, tallies }: BatchCount): void {
    for (const { sourceId, block, bits, changed } of blocks) {
      if (changed) this.#writeBits.run(sourceId, block, bits);
    }
    for (const { post, likes, unlikes } of tallies) this.#addToCount.run(post, likes, unlikes);
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
