/** The token bucket of a SQLite shard, kept in its file, so that all processes share it. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { StoreUnavailableError } from './errors.ts';
import { ADMISSION_WAIT_MS_MAX, admit, monotonicUs } from './transaction-bucket.ts';

/** Ends a transaction that is not let in yet: nothing of it is kept. */
class NotAdmitted extends Error {
  readonly waitUs: number;

  constructor(waitUs: number) {
    super(`admitted in ${waitUs} µs`);
    this.waitUs = waitUs;
  }
}

export class SqliteBucket {
  readonly #path: string;
  readonly #perS: number;
  readonly #read: StatementSync;
  readonly #write: StatementSync;

  constructor(database: DatabaseSync, path: string, perS: number) {
    this.#path = path;
    this.#perS = perS;
    this.#read = database.prepare("SELECT value FROM meta WHERE key = 'bucketFullUs'");
    this.#write = database.prepare(
      `INSERT INTO meta (key, value) VALUES ('bucketFullUs', ?)
       ON CONFLICT DO UPDATE SET value = excluded.value`,
    );
  }

  get settings(): Readonly<Record<string, string>> {
    return { transactionsPerSMax: String(this.#perS) };
  }

  /** Only inside a transaction, which holds the shard's write lock: so one takes after the other. */
  take(): void {
    const dueUs = this.#read.get()?.value as number | undefined;
    const admission = admit(dueUs, monotonicUs(), this.#perS);
    if ('waitUs' in admission) throw new NotAdmitted(admission.waitUs);
    this.#write.run(BigInt(Math.round(admission.dueUs)));
  }

  /**
   * Runs `transaction` again and again until it was let in; without holding anything while waiting.
   * @throws StoreUnavailableError when others were let in for so long that this one never was
   */
  async whenAdmitted<Result>(transaction: () => Result): Promise<Result> {
    const startedMs = performance.now();
    for (;;) {
      try {
        return transaction();
      } catch (error) {
        if (!(error instanceof NotAdmitted)) throw error;
        const waitedMs = performance.now() - startedMs;
        if (waitedMs > ADMISSION_WAIT_MS_MAX) throw this.#tooLong();
        await wait(Math.max(1, error.waitUs / 1_000));
      }
    }
  }

  #tooLong(): StoreUnavailableError {
    return new StoreUnavailableError(
      `${this.#path}: not among the ${this.#perS} transactions a second that it admits for ` +
        `${ADMISSION_WAIT_MS_MAX} ms; deliver the batch again, or offer less`,
    );
  }
}
