/** The sources that a SQLite shard knows. All of it is to be called inside a transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KnownSource } from './count-batch.ts';
import { StoreUnavailableError } from './errors.ts';
import { countMarks } from './marks.ts';
import { type StoredBits, soundBits } from './sqlite-problems.ts';

export interface SourceStatements {
  readonly read: StatementSync;
  readonly add: StatementSync;
}

export function sourceStatements(database: DatabaseSync): SourceStatements {
  return {
    read: database.prepare('SELECT id, ended FROM sources WHERE source = ?'),
    add: database.prepare('INSERT INTO sources (source) VALUES (?)'),
  };
}

/** Adds the source when it is not known yet. */
export function sourceIn({ read, add }: SourceStatements, name: string): KnownSource {
  const row = read.get(name) as { id: number; ended: number } | undefined;
  if (row !== undefined) return { id: row.id, ended: row.ended !== 0 };
  return { id: Number(add.run(name).lastInsertRowid), ended: false };
}

/**
 * Drops the marks of a source and remembers it as ended; returns how many it dropped.
 * @throws StoreUnavailableError when they are damaged
 */
export function retireIn(database: DatabaseSync, name: string, path: string): number {
  const { id, ended } = sourceIn(sourceStatements(database), name);
  if (ended) return 0;
  let dropped = 0;
  const blocks = database.prepare('SELECT block, bits, checksum FROM seen WHERE source = ?');
  for (const row of blocks.iterate(id) as Iterable<unknown>) {
    const { block, ...stored } = row as StoredBits & { block: number };
    dropped += countMarks(soundBits(stored, path, { source: name, block }));
  }
  database.prepare('DELETE FROM seen WHERE source = ?').run(id);
  database.prepare('DELETE FROM inherited WHERE source = ?').run(id);
  database.prepare('UPDATE sources SET ended = 1 WHERE id = ?').run(id);
  database
    .prepare("UPDATE meta SET value = value + ? WHERE key = 'marksDropped'")
    .run(BigInt(dropped));
  return dropped;
}

/** A receiver of moved posts must learn of every ended source, so none ends while posts move. */
export function refuseWhileMoving(database: DatabaseSync, path: string): void {
  if (database.prepare("SELECT 1 FROM meta WHERE key = 'moving'").get() === undefined) return;
  throw new StoreUnavailableError(
    `${path}: posts are being moved; retire the source when the move is finished`,
  );
}
