/** The token bucket of a SQLite shard, kept in its file, so that all processes share it. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { ADMISSION_WAIT_MS_MAX, admit, monotonicUs, neverAdmitted } from './transaction-bucket.ts';

/** Ends a transaction that is not let in yet: nothing of it is kept. */
class NotAdmitted extends Error {
  readonly waitUs: number;

  constructor(waitUs: number) {
    super(`admitted in ${waitUs} µs`);
    this.waitUs = waitUs;
  }
}

/** What a bucket reads the time from, and waits by; tests have one of their own. */
export interface BucketTime {
  nowUs(): number;
  wait(ms: number): Promise<unknown>;
}

const MACHINE_TIME: BucketTime = { nowUs: monotonicUs, wait };

export class SqliteBucket {
  readonly #time: BucketTime;
  readonly #path: string;
  readonly #perS: number;
  readonly #read: StatementSync;
  readonly #write: StatementSync;

  constructor(database: DatabaseSync, path: string, perS: number, time = MACHINE_TIME) {
    this.#time = time;
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

  /** Only inside a transaction, which holds the shard's write lock: one takes after the other. */
  take(): void {
    const dueUs = this.#read.get()?.value as number | undefined;
    const admission = admit(dueUs, this.#time.nowUs(), this.#perS);
    if ('waitUs' in admission) throw new NotAdmitted(admission.waitUs);
    this.#write.run(BigInt(Math.round(admission.dueUs)));
  }

  /**
   * Runs `transaction` again and again until it was let in; without holding anything while waiting.
   * @throws StoreUnavailableError when others were let in for so long that this one never was
   */
  async whenAdmitted<Result>(transaction: () => Result): Promise<Result> {
    const startedUs = this.#time.nowUs();
    for (;;) {
      // Shards work side by side here, and SQLite does not: a turn of its own for each, so that
      // whoever waits for a commit hears of it before the next transaction begins.
      await nextTurn();
      try {
        return transaction();
      } catch (error) {
        if (!(error instanceof NotAdmitted)) throw error;
        const waitedMs = (this.#time.nowUs() - startedUs) / 1_000;
        if (waitedMs > ADMISSION_WAIT_MS_MAX) throw neverAdmitted(this.#path, this.#perS);
        await this.#time.wait(Math.max(1, error.waitUs / 1_000));
      }
    }
  }
}
