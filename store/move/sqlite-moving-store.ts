/** A store of SQLite files in the hands of the one process that may move anything in it. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { shardPath } from '../open-store.ts';
import type { SlotMap } from '../slot-map.ts';
import { createShardFile, hasShardTables, isBusy } from '../sqlite-file.ts';
import { readStoreFile, syncFolder, writeStoreFile } from '../store-file.ts';
import { refuseStates, StoreMoveError } from './move-error.ts';
import type { MovingShard } from './moving-shard.ts';
import { type MovingStore, PAGE_SIZES, type StoreState } from './moving-store.ts';
import { SqliteMovingShard } from './sqlite-moving.ts';

/** Holds nothing: whoever has its lock may move, and the system gives the lock back at any end. */
const LOCK_FILE_NAME = 'mover.sqlite';
const PAUSE_MS = 1;

/**
 * @throws StoreMoveError MOVE_UNDER_WAY while another process has it; the errors of readStoreFile
 */
export function openSqliteMovingStore(options: { readonly folder: string }): MovingStore {
  const folder = resolve(options.folder);
  refuseStates(folder, readStoreFile(folder).rule);
  return new SqliteMovingStore(folder, takeLock(folder));
}

class SqliteMovingStore implements MovingStore {
  readonly pageSizes = PAGE_SIZES;
  readonly isSideBySide = false;
  readonly #folder: string;
  readonly #lock: DatabaseSync;
  readonly #shards = new Map<number, SqliteMovingShard>();

  constructor(folder: string, lock: DatabaseSync) {
    this.#folder = folder;
    this.#lock = lock;
  }

  async pause(): Promise<void> {
    await wait(PAUSE_MS);
  }

  async state(): Promise<StoreState> {
    const { slotMap, move } = readStoreFile(this.#folder);
    return { slotMap, move };
  }

  async write({ slotMap, move }: StoreState): Promise<void> {
    const { store, engine } = readStoreFile(this.#folder);
    writeStoreFile(this.#folder, { store, engine, slotMap, ...(move !== undefined && { move }) });
  }

  async shard(index: number): Promise<MovingShard> {
    let shard = this.#shards.get(index);
    if (shard === undefined) {
      const { store } = readStoreFile(this.#folder);
      shard = new SqliteMovingShard(shardPath(this.#folder, index), { store, index });
      this.#shards.set(index, shard);
    }
    return shard;
  }

  async createShard(index: number, map: SlotMap): Promise<void> {
    const path = shardPath(this.#folder, index);
    if (existsSync(path) && hasShardTables(path)) return;
    removeFiles(path);
    const { store } = readStoreFile(this.#folder);
    createShardFile(path, { store, index }, map);
    syncFolder(this.#folder);
  }

  async removeShard(index: number): Promise<void> {
    await this.#shards.get(index)?.[Symbol.asyncDispose]();
    this.#shards.delete(index);
    removeFiles(shardPath(this.#folder, index));
    syncFolder(this.#folder);
  }

  async openSample(map: SlotMap): Promise<MovingShard> {
    const folder = `${this.#folder}.sample-${randomUUID()}`;
    mkdirSync(folder);
    const identity = { store: randomUUID(), index: 0 };
    const path = shardPath(folder, 0);
    createShardFile(path, identity, map);
    const shard = new SqliteMovingShard(path, identity);
    const close = shard[Symbol.asyncDispose].bind(shard);
    return Object.assign(shard, {
      [Symbol.asyncDispose]: async () => {
        await close();
        rmSync(folder, { recursive: true, force: true });
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const shard of this.#shards.values()) await shard[Symbol.asyncDispose]();
    if (this.#lock.isOpen) this.#lock.close();
  }
}

function takeLock(folder: string): DatabaseSync {
  const lock = new DatabaseSync(join(folder, LOCK_FILE_NAME));
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw cause;
    throw new StoreMoveError(
      'MOVE_UNDER_WAY',
      `another process is moving posts of ${folder} now; wait until it has ended`,
      { cause },
    );
  }
}

function removeFiles(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    rmSync(`${path}${suffix}`, { force: true });
}
