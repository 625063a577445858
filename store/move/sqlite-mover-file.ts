/** The mover's own connection to the file of a SQLite shard. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { isBusy, openShardFile, outage, type ShardIdentity } from '../sqlite-file.ts';

/** SQLite itself would sleep up to 100 ms between two looks at the lock, while all others wait. */
const LOCK_LOOK_MS = 1;
const LOCK_WAIT_MS_MAX = 10_000;

export class SqliteMoverFile implements Disposable {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws the errors of openShardFile. */
  constructor(path: string, identity: ShardIdentity) {
    this.path = path;
    this.#database = openShardFile(path, identity, { synchronous: 'FULL', busyTimeoutMs: 0 });
  }

  get database(): DatabaseSync {
    return this.#database;
  }

  all<Row>(query: string, ...values: SQLInputValue[]): Row[] {
    return this.#reading(() => this.#statement(query).all(...values)) as Row[];
  }

  /** Returns how many rows it changed. */
  run(query: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(query).run(...values).changes);
  }

  metaNumber(key: string): number {
    return this.all<{ value: number }>('SELECT value FROM meta WHERE key = ?', key)[0]!.value;
  }

  addToMeta(key: string, amount: number): void {
    if (amount === 0) return;
    this.run('UPDATE meta SET value = value + ? WHERE key = ?', BigInt(amount), key);
  }

  /** What `work` reads is of one moment. */
  inSnapshot<Result>(work: () => Result): Result {
    return this.#reading(() => {
      this.#database.exec('BEGIN');
      try {
        return work();
      } finally {
        this.#database.exec('COMMIT');
      }
    });
  }

  /** Takes the write lock before `work` reads anything. Rejects with StoreUnavailableError. */
  async inTransaction(work: () => void): Promise<void> {
    const givenUpAtMs = performance.now() + LOCK_WAIT_MS_MAX;
    while (!this.#tryTransaction(work, performance.now() > givenUpAtMs)) await wait(LOCK_LOOK_MS);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /**
   * False when somebody else has the lock. From the lock to the commit without a pause: whoever
   * counts in this same process would wait for the lock, and keep it from being given back.
   */
  #tryTransaction(work: () => void, isLastTry: boolean): boolean {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (isBusy(error) && !isLastTry) return false;
      throw outage(error, this.path);
    }
    this.#reading(() => {
      try {
        work();
        this.#database.exec('COMMIT');
      } catch (error) {
        // SQLite may have rolled back by itself, for instance when the disk is full.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
    return true;
  }

  /** Statements are prepared once, since most are run for many rows. */
  #statement(query: string): StatementSync {
    let statement = this.#statements.get(query);
    if (statement === undefined) {
      statement = this.#database.prepare(query);
      this.#statements.set(query, statement);
    }
    return statement;
  }

  #reading<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw outage(error, this.path);
    }
  }
}
