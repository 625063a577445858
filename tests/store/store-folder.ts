/** A folder for one test, and the store files in it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CountStore, Shard } from '../../store/count-store.ts';
import { shardPath } from '../../store/open-store.ts';
import type { ShardedStore } from '../../store/sharded-store.ts';

export interface TemporaryFolder extends Disposable {
  /** Not there yet, in a parent of its own that is. */
  readonly folder: string;
  readonly parent: string;
}

export function temporaryFolder(): TemporaryFolder {
  const parent = mkdtempSync(join(tmpdir(), 'store-test-'));
  return {
    parent,
    folder: join(parent, 'store'),
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  };
}

/** Runs statements on a shard's file behind the store's back. */
export function tamper(folder: string, index: number, statements: string): void {
  const database = new DatabaseSync(shardPath(folder, index), { timeout: 5_000 });
  database.exec(statements);
  database.close();
}

/** Holds the write lock of a shard's file from another connection until it is disposed. */
export function lockShard(folder: string, index: number): Disposable {
  const database = new DatabaseSync(shardPath(folder, index), { timeout: 5_000 });
  database.exec('BEGIN IMMEDIATE');
  return {
    [Symbol.dispose]: () => {
      if (database.isOpen) database.close();
    },
  };
}

/** The transactional shards of a store that is sharded by us. */
export function shardsOf(store: CountStore): readonly Shard[] {
  return (store as ShardedStore).shards;
}
