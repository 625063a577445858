/** How a batch is counted in a shard: each like once, in one transaction of two round trips. */
import type { Like } from '../likes/like.ts';
import { type BatchCount, countBatch } from './count-batch.ts';
import type { ShardCommit } from './count-store.ts';
import { SlotMapChangedError, StoreUnavailableError } from './errors.ts';
import { changedBlocks, columnsOf, PostgresBatch } from './postgres-batch.ts';
import type { PostgresSessions, Session } from './postgres-sessions.ts';
import type { PostgresStatements } from './postgres-statements.ts';

/** A batch starts again when what was known of its sources or blocks has turned out to be old. */
const ATTEMPTS_MAX = 5;
/** Sources and blocks that are remembered; beyond it all is forgotten, and asked for again. */
const KNOWN_MAX = 100_000;

/** What was remembered no longer holds: roll back and begin again. Never leaves this file. */
class OutdatedError extends Error {
  override readonly name = 'OutdatedError';
  readonly code = 'OUTDATED';
}

/**
 * No mark and no count is remembered between transactions: other processes write them too. Two
 * facts are, which cannot turn back unseen: that a block has its row, and that a source was not
 * retired at the last change of `retirements`, which every transaction reads under its lock.
 *
 * All transactions lock in one order: the row of the shard, then blocks that they insert, then
 * blocks that are there, then posts, each in the order of their keys. A block is inserted before
 * its transaction locks any that others may wait for, so that no two wait for each other.
 */
export class PostgresCounting {
  readonly #index: number;
  readonly #sessions: PostgresSessions;
  readonly #statements: PostgresStatements;
  readonly #blocksThere = new Set<string>();
  readonly #sourcesOpen = new Set<string>();
  #retirements = -1;

  constructor(index: number, sessions: PostgresSessions, statements: PostgresStatements) {
    this.#index = index;
    this.#sessions = sessions;
    this.#statements = statements;
  }

  /** As Shard.apply. */
  async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sessions.use((session) =>
          this.#applyOnce(session, likes, places, slotMapVersion),
        );
      } catch (error) {
        if (error instanceof RangeError) throw this.#damaged(error);
        if (!(error instanceof OutdatedError)) throw error;
        if (attempt === ATTEMPTS_MAX) throw this.#unsettled(error);
      }
    }
  }

  async #applyOnce(
    session: Session,
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    const batch = new PostgresBatch(likes, places);
    const areOpen = batch.sources.every(({ name }) => this.#sourcesOpen.has(name));
    const [, held] = await Promise.all([
      session.ask('BEGIN'),
      session.ask(this.#statements.hold),
      areOpen ? this.#readBlocks(session, batch) : this.#findRetired(session, batch),
    ]);
    const found = held[0]!.slot_map_version as number;
    if (found !== slotMapVersion) {
      throw new SlotMapChangedError(this.#index, found, slotMapVersion);
    }
    this.#checkRetirements(held[0]!.retirements as number, areOpen);
    if (!areOpen) {
      this.#rememberOpen(batch);
      await this.#readBlocks(session, batch);
    }
    if (batch.lacksBlocks) {
      // Somebody has deleted the store and made it again.
      this.#blocksThere.clear();
      throw new OutdatedError('a block is not there any more');
    }
    const counted = countBatch(likes, places, batch);
    await this.#write(session, batch, counted);
    this.#rememberBlocks(batch);
    return { fresh: counted.fresh, seen: counted.seen, ended: counted.ended };
  }

  /** Inserts the blocks that may be missing, then locks and reads all. */
  async #readBlocks(session: Session, batch: PostgresBatch): Promise<void> {
    const { addBlocks, lockBlocks } = this.#statements;
    const open = [...batch.sources.entries()].filter(([, { isRetired }]) => !isRetired);
    const added = open.map(async ([, { name, key, blocks }]) => {
      const missing = blocks.filter((block) => !this.#blocksThere.has(keyOf(name, block)));
      if (missing.length > 0) await session.ask({ ...addBlocks, values: [key, missing] });
    });
    const read = open.map(async ([id, { key, blocks }]) => {
      batch.take(id, await session.ask({ ...lockBlocks, values: [key, blocks] }));
    });
    await Promise.all([...added, ...read]);
  }

  async #findRetired(session: Session, { sources }: PostgresBatch): Promise<void> {
    const values = [sources.map(({ key }) => key)];
    const rows = await session.ask({ ...this.#statements.retiredOf, values });
    const retired = new Set(rows.map(({ source }) => String(source)));
    for (const source of sources) source.isRetired = retired.has(source.name);
  }

  #checkRetirements(found: number, wereOpen: boolean): void {
    if (found === this.#retirements) return;
    this.#sourcesOpen.clear();
    this.#retirements = found;
    if (wereOpen) throw new OutdatedError('a source was retired');
  }

  async #write(session: Session, { sources }: PostgresBatch, counted: BatchCount): Promise<void> {
    const { writeBlocks, addCounts } = this.#statements;
    const written = [...changedBlocks(counted.blocks)].map(([id, blocks]) => {
      const values = [
        sources[id]!.key,
        blocks.map(({ block }) => block),
        blocks.map(({ bits }) => bits),
      ];
      return session.ask({ ...writeBlocks, values });
    });
    const values = columnsOf(counted.tallies);
    const added = values[0].length > 0 ? [session.ask({ ...addCounts, values })] : [];
    // Also with nothing to write: what others have counted is on the disk before this one is.
    await Promise.all([...written, ...added, session.commit()]);
  }

  #rememberOpen({ sources }: PostgresBatch): void {
    if (this.#sourcesOpen.size > KNOWN_MAX) this.#sourcesOpen.clear();
    for (const { name, isRetired } of sources) if (!isRetired) this.#sourcesOpen.add(name);
  }

  #rememberBlocks({ sources }: PostgresBatch): void {
    if (this.#blocksThere.size > KNOWN_MAX) this.#blocksThere.clear();
    for (const { name, isRetired, blocks } of sources) {
      if (!isRetired) for (const block of blocks) this.#blocksThere.add(keyOf(name, block));
    }
  }

  #damaged(cause: RangeError): StoreUnavailableError {
    return new StoreUnavailableError(
      `${this.#sessions.title}: ${cause.message}; put back a backup of the whole store, or count ` +
        'again into another one',
      { cause },
    );
  }

  #unsettled(cause: OutdatedError): StoreUnavailableError {
    return new StoreUnavailableError(
      `${this.#sessions.title}: ${cause.message}, ${ATTEMPTS_MAX} times while one batch was ` +
        'counted; deliver it again',
      { cause },
    );
  }
}

function keyOf(source: string, block: number): string {
  return `${block} ${source}`;
}
