/** The token bucket of a PostgreSQL shard, kept in its schema, so that all processes share it. */
import { setTimeout as wait } from 'node:timers/promises';
import { createInTurn } from './postgres-schema.ts';
import type { PostgresSessions } from './postgres-sessions.ts';
import { ADMISSION_WAIT_MS_MAX, bucketTimes, neverAdmitted } from './transaction-bucket.ts';

/**
 * Asked before the counting transaction, not in it: its writers work side by side, and the row of
 * the bucket would let in one after the other. The arithmetic is that of `admit`, on the server's
 * clock.
 */
export class PostgresBucket {
  readonly #sessions: PostgresSessions;
  readonly #schema: string;
  readonly #perS: number;

  private constructor(sessions: PostgresSessions, schema: string, perS: number) {
    this.#sessions = sessions;
    this.#schema = schema;
    this.#perS = perS;
  }

  /** Makes its table where there is none; `schema` is quoted. */
  static async open(
    sessions: PostgresSessions,
    schema: string,
    perS: number,
  ): Promise<PostgresBucket> {
    // Several processes open a store at once, and IF NOT EXISTS does not keep them apart.
    await createInTurn(
      sessions,
      `CREATE TABLE IF NOT EXISTS ${schema}.bucket (
         only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
         full_us bigint NOT NULL
       );
       INSERT INTO ${schema}.bucket (full_us) VALUES (0) ON CONFLICT DO NOTHING;`,
    );
    return new PostgresBucket(sessions, schema, perS);
  }

  get settings(): Readonly<Record<string, string>> {
    return { transactionsPerSMax: String(this.#perS) };
  }

  /**
   * Resolves when a transaction is let in.
   * @throws StoreUnavailableError when others were let in for so long that this one never was
   */
  async untilAdmitted(): Promise<void> {
    const startedMs = performance.now();
    for (;;) {
      const waitUs = await this.#take();
      if (waitUs === undefined) return;
      if (performance.now() - startedMs > ADMISSION_WAIT_MS_MAX) {
        throw neverAdmitted(this.#sessions.title, this.#perS);
      }
      await wait(Math.max(1, waitUs / 1_000));
    }
  }

  /** Undefined when a token was taken; else how long until there may be one. */
  async #take(): Promise<number | undefined> {
    const { tokenUs, burstUs } = bucketTimes(this.#perS);
    const now = '(extract(epoch FROM clock_timestamp()) * 1000000)::bigint';
    const due = `CASE WHEN full_us > now.us + ${burstUs + tokenUs} THEN now.us
                      ELSE greatest(full_us, now.us) END`;
    const rows = await this.#sessions.use(async (session) => {
      const [, , taken, waits] = await Promise.all([
        session.ask('BEGIN'),
        // A token that a power cut gives back harms nobody.
        session.ask('SET LOCAL synchronous_commit = off'),
        session.ask(
          `WITH now AS (SELECT ${now} AS us)
           UPDATE ${this.#schema}.bucket SET full_us = ${due} + ${tokenUs} FROM now
           WHERE ${due} + ${tokenUs - burstUs} <= now.us RETURNING full_us`,
        ),
        session.ask(
          `WITH now AS (SELECT ${now} AS us)
           SELECT full_us + ${tokenUs - burstUs} - now.us AS wait_us
           FROM ${this.#schema}.bucket, now`,
        ),
        session.commit(),
      ]);
      return { taken, waits };
    });
    return rows.taken.length > 0 ? undefined : Number(rows.waits[0]!.wait_us);
  }
}
