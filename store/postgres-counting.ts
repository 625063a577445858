/** How a batch is counted in a shard: each like once, in one transaction of two round trips. */
import type { Like } from '../likes/like.ts';
import { type BatchCount, countBatch } from './count-batch.ts';
import type { ShardCommit } from './count-store.ts';
import { SlotMapChangedError, StoreUnavailableError } from './errors.ts';
import { columnsOf, PostgresBatch } from './postgres-batch.ts';
import type { PostgresSessions, Session } from './postgres-sessions.ts';
import {
  addBlocks,
  addCounts,
  HOLD,
  inheritedOf,
  lockBlocks,
  type PostgresStatements,
  retiredOf,
  writeBlock,
} from './postgres-statements.ts';

/** A batch starts again when what was known of its sources or blocks has turned out to be old. */
const ATTEMPTS_MAX = 5;
/** Sources, blocks and posts that are remembered; beyond it all is forgotten, and asked anew. */
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
  /** Of posts: the same few are counted again and again. */
  readonly #digits = new Map<string, string>();
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
    const asked = areOpen ? this.#blocksAsked(batch) : [retiredOf(batch.keys)];
    const [, held, ...answers] = await this.#askAll(session, ['BEGIN', HOLD, ...asked]);
    const found = held![0]!.slot_map_version as number;
    if (found !== slotMapVersion) {
      throw new SlotMapChangedError(this.#index, found, slotMapVersion);
    }
    this.#checkRetirements(held![0]!.retirements as number, areOpen);
    if (areOpen) batch.take(answers);
    else {
      batch.retire(answers[0]!);
      this.#rememberOpen(batch);
      batch.take(await this.#askAll(session, this.#blocksAsked(batch)));
    }
    if (held![0]!.has_inherited) batch.takeInherited(await this.#readInherited(session, batch));
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
  #blocksAsked({ openSources }: PostgresBatch): string[] {
    const added = openSources.flatMap(({ name, key, blocks }) => {
      const missing = blocks.filter((block) => !this.#blocksThere.has(keyOf(name, block)));
      return missing.length > 0 ? [addBlocks(key, missing)] : [];
    });
    return [...added, ...openSources.map(({ key, blocks }) => lockBlocks(key, blocks))];
  }

  /** One more round trip, in shards that posts were moved to. What is moved in does not change. */
  async #readInherited(session: Session, { openSources }: PostgresBatch) {
    const asked = openSources.map(({ key, blocks }) => inheritedOf(key, blocks));
    return asked.length === 0 ? [] : await this.#askAll(session, asked);
  }

  async #askAll(session: Session, statements: readonly string[]) {
    return await session.askAll(statements, this.#statements.preparations);
  }

  #checkRetirements(found: number, wereOpen: boolean): void {
    if (found === this.#retirements) return;
    this.#sourcesOpen.clear();
    this.#retirements = found;
    if (wereOpen) throw new OutdatedError('a source was retired');
  }

  async #write(session: Session, { sources }: PostgresBatch, counted: BatchCount): Promise<void> {
    const written = counted.blocks
      .filter(({ changed }) => changed)
      .map(({ sourceId, block, bits }) => writeBlock(sources[sourceId]!.key, block, bits));
    const columns = columnsOf(counted.tallies, (post) => this.#digitsOf(post));
    const added = columns.posts.length > 0 ? [addCounts(columns)] : [];
    // Also with nothing to write: what others have counted is on the disk before this one is.
    await session.commit([...written, ...added]);
  }

  #digitsOf(post: string): string {
    let digits = this.#digits.get(post);
    if (digits === undefined) {
      if (this.#digits.size > KNOWN_MAX) this.#digits.clear();
      digits = Buffer.from(post).toString('hex');
      this.#digits.set(post, digits);
    }
    return digits;
  }

  #rememberOpen({ openSources }: PostgresBatch): void {
    if (this.#sourcesOpen.size > KNOWN_MAX) this.#sourcesOpen.clear();
    for (const { name } of openSources) this.#sourcesOpen.add(name);
  }

  #rememberBlocks({ openSources }: PostgresBatch): void {
    if (this.#blocksThere.size > KNOWN_MAX) this.#blocksThere.clear();
    for (const { name, blocks } of openSources) {
      for (const block of blocks) this.#blocksThere.add(keyOf(name, block));
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
