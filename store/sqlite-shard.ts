/** A shard in one SQLite file, by way of the node:sqlite that is built into Node. */
import type { StatementSync } from 'node:sqlite';
import type { Like } from '../likes/like.ts';
import { COUNT_CHECKSUM_MASK, countChecksum, marksChecksum } from './checksum.ts';
import { type BatchCount, countBatch, type KnownSource, type MarkReader } from './count-batch.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals } from './count-store.ts';
import { emptyBlock } from './marks.ts';
import { type SlotMap, shardsOfPost } from './slot-map.ts';
import { readSettings } from './sqlite-file.ts';
import { problemsIn, type StoredBits, soundBits, totalsOf } from './sqlite-problems.ts';
import { rowsOf, SqliteSession, type SqliteSessionOptions } from './sqlite-session.ts';
import {
  refuseWhileMoving,
  retireIn,
  type SourceStatements,
  sourceIn,
  sourceStatements,
} from './sqlite-sources.ts';

/**
 * Nothing of the file is kept in memory between transactions: other processes write it too.
 * node:sqlite is synchronous: a call has done its work before it returns its promise.
 */
export class SqliteShard implements Shard, MarkReader {
  readonly index: number;
  readonly #session: SqliteSession;
  readonly #sourceStatements: SourceStatements;
  readonly #readBits: StatementSync;
  readonly #readInherited: StatementSync;
  readonly #writeBits: StatementSync;
  readonly #addToCount: StatementSync;

  /** @throws the errors of openShardFile. */
  constructor(options: SqliteSessionOptions) {
    this.index = options.identity.index;
    this.#session = new SqliteSession(options);
    const { database } = this.#session;
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
  }

  apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    return this.#session.applying(slotMapVersion, () => {
      const counted = countBatch(likes, places, this);
      this.#write(counted);
      return { fresh: counted.fresh, seen: counted.seen, ended: counted.ended };
    });
  }

  /** Part of MarkReader: only to be called inside a transaction. */
  source(name: string): KnownSource {
    return sourceIn(this.#sourceStatements, name);
  }

  /** Part of MarkReader: only to be called inside a transaction. */
  bits(sourceId: number, block: number, source: string): Uint8Array {
    const row = this.#readBits.get(sourceId, block) as StoredBits | undefined;
    return row === undefined ? emptyBlock() : soundBits(row, this.#session.path, { source, block });
  }

  /** Part of MarkReader: only to be called inside a transaction. */
  inherited(sourceId: number, block: number, source: string): Uint8Array | undefined {
    const row = this.#readInherited.get(sourceId, block) as StoredBits | undefined;
    return row && soundBits(row, this.#session.path, { source, block });
  }

  async retireSource(name: string): Promise<number> {
    const { database, path } = this.#session;
    return this.#session.inTransaction(() => {
      refuseWhileMoving(database, path);
      return retireIn(database, name, path);
    });
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

  async topPosts(limit: number): Promise<PostCount[]> {
    const ranked = `SELECT post, likes, unlikes FROM counts
                    ORDER BY likes - unlikes DESC, post LIMIT ?`;
    const { database } = this.#session;
    return this.#session.reading(() => rowsOf(database.prepare(ranked).all(limit)));
  }

  async *counts(): AsyncIterable<PostCount> {
    for (const row of this.#session.snapshot('SELECT post, likes, unlikes FROM counts')) {
      yield { ...row } as unknown as PostCount;
    }
  }

  async *marks(): AsyncIterable<MarkBlock> {
    const query = 'SELECT sources.source, block, bits FROM seen JOIN sources ON id = seen.source';
    for (const row of this.#session.snapshot(query)) yield { ...row } as unknown as MarkBlock;
  }

  async totals(): Promise<Totals> {
    return this.#session.reading(() => totalsOf(this.#session.database));
  }

  async findProblems(spelledOutMax?: number): Promise<string[]> {
    const { database } = this.#session;
    return this.#session.reading(() => problemsIn(database, this.index, spelledOutMax));
  }

  async diskBytes(): Promise<number> {
    return this.#session.diskBytes();
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    const { database, bucket } = this.#session;
    return this.#session.reading(() => ({ ...readSettings(database), ...bucket?.settings }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session[Symbol.dispose]();
  }

  #write({ blocks, tallies }: BatchCount): void {
    for (const { sourceId, source, block, bits, changed } of blocks) {
      if (changed) this.#writeBits.run(sourceId, block, bits, marksChecksum(source, block, bits));
    }
    for (const { post, likes, unlikes } of tallies) {
      this.#addToCount.run(post, likes, unlikes, countChecksum(post, likes, unlikes));
    }
  }
}
