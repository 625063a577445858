/** The connections of one shard to its database, their limits, and how they are read. */
import pg from 'pg';
import { StoreUnavailableError } from './errors.ts';
import { outage } from './postgres-errors.ts';

/** Connections that a process opens for a shard at most: as many batches at once, and no more. */
export const CONNECTIONS_MAX = 4;
/** How long a transaction waits for the lock of another one before it is an outage. */
export const LOCK_TIMEOUT_MS = 10_000;
/** For a connection, and for a free one of those that are open. */
const CONNECT_TIMEOUT_MS = 10_000;
/** For whatever a statement does, the wait for a lock included. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** For the answer, longer than the server's own limit: then it is silent, or cannot be reached. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 10_000;
/**
 * How long a process may be silent in a transaction. It holds locks; a process that was stopped
 * must lose them sooner than others give up waiting.
 */
const IDLE_IN_TRANSACTION_MS_MAX = 5_000;
/** Whoever reads a whole shard may do other work in between; readers hold no locks of writers. */
const SNAPSHOT_IDLE_MS_MAX = 600_000;
/** An unused connection is closed after so long. */
const CONNECTION_IDLE_MS_MAX = 30_000;
const ROWS_PER_FETCH = 1_000;

/** Whatever the database's own defaults are: everything rests on them. */
const SETTINGS = { synchronous_commit: 'on', standard_conforming_strings: 'on' } as const;

const INT8 = 20;
/** Counts, blocks and versions are below 2^53, so they fit into numbers. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: unknown) =>
    oid === INT8 && format !== 'binary'
      ? Number
      : (pg.types.getTypeParser as (oid: number, format: unknown) => unknown)(oid, format),
} as pg.CustomTypesConfig;

export interface Statement {
  readonly text: string;
  /** Named statements are parsed once per connection. */
  readonly name?: string;
  readonly values?: unknown[];
}

export interface SessionOptions {
  /** `postgres://user:password@host:port/database`, also with parameters such as `sslmode`. */
  readonly url: string;
  readonly readOnly?: boolean | undefined;
  readonly lockTimeoutMs?: number | undefined;
  readonly connectionsMax?: number | undefined;
}

type Row = Record<string, unknown>;
type NoticeWords = {
  readonly severity?: string | undefined;
  readonly message?: string | undefined;
};

/** One connection, for as long as a transaction takes. Errors that it rejects with are outages. */
export class Session {
  readonly #client: pg.PoolClient;
  readonly #title: string;
  readonly #prepared: WeakSet<pg.PoolClient>;

  constructor(client: pg.PoolClient, title: string, prepared: WeakSet<pg.PoolClient>) {
    this.#client = client;
    this.#title = title;
    this.#prepared = prepared;
  }

  async ask(statement: string | Statement): Promise<Row[]> {
    return (await this.#query(statement)).rows;
  }

  /**
   * Several statements without parameters in one round trip; with the rows of each, in their order.
   * `preparations` go before them the first time that this connection is used so.
   */
  async askAll(statements: readonly string[], preparations: readonly string[]): Promise<Row[][]> {
    const isPrepared = this.#prepared.has(this.#client);
    const all = isPrepared ? statements : [...preparations, ...statements];
    const results = await this.#query(all.join(';'));
    this.#prepared.add(this.#client);
    return listOf(results)
      .slice(-statements.length)
      .map(({ rows }) => rows);
  }

  /**
   * The same, and COMMIT after them. Resolves when the transaction is on the disk. A server that
   * says so with a warning has given up waiting for its standbys, and one that says ROLLBACK had
   * found an error before.
   */
  async commit(statements: readonly string[] = []): Promise<void> {
    const warnings: string[] = [];
    const hear = ({ severity, message }: NoticeWords) => {
      if (severity === 'WARNING') warnings.push(message ?? 'a warning without words');
    };
    this.#client.on('notice', hear);
    try {
      const results = await this.#query([...statements, 'COMMIT'].join(';'));
      const { command } = listOf(results).at(-1)!;
      if (command !== 'COMMIT') throw this.#notCommitted(`it answered ${command}`);
      if (warnings.length > 0) throw this.#notCommitted(warnings.join('; '));
    } finally {
      this.#client.off('notice', hear);
    }
  }

  async #query(statement: string | Statement): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(statement as pg.QueryConfig);
    } catch (error) {
      throw outage(error, this.#title);
    }
  }

  #notCommitted(why: string): StoreUnavailableError {
    return new StoreUnavailableError(
      `${this.#title}: the commit is not known to be safe (${why}); deliver the batch again`,
    );
  }
}

/** A result each where a text held several statements, which the types do not know. */
function listOf(results: pg.QueryResult): pg.QueryResult[] {
  return [results].flat();
}

/** Owns its connections: disposing it ends them. */
export class PostgresSessions implements AsyncDisposable {
  /** `host:port/database`, without any secret. */
  readonly title: string;
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #prepared = new WeakSet<pg.PoolClient>();

  constructor({ url, readOnly, lockTimeoutMs, connectionsMax }: SessionOptions) {
    const { hostname, port, pathname } = new URL(url);
    this.title = `${hostname}:${port || 5432}${pathname}`;
    const settings = { ...SETTINGS, ...(readOnly && { default_transaction_read_only: 'on' }) };
    this.#config = {
      connectionString: url,
      application_name: 'like-lab-store',
      options: Object.entries(settings)
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: lockTimeoutMs ?? LOCK_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
      types,
    };
    this.#pool = new pg.Pool({
      ...this.#config,
      // Else each statement waits for the answer of the one before it, a round trip of its own.
      pipeline: true,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS_MAX,
      max: connectionsMax ?? CONNECTIONS_MAX,
      idleTimeoutMillis: CONNECTION_IDLE_MS_MAX,
    });
    // An idle connection that ends is replaced when it is needed.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /**
   * Lends a connection to `work`, and sees to it that it comes back outside of any transaction.
   * Rejects with StoreUnavailableError on an outage, and with what `work` rejects with.
   */
  async use<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw outage(error, this.title);
    });
    const session = new Session(client, this.title, this.#prepared);
    let isFit = false;
    try {
      const result = await work(session);
      isFit = true;
      return result;
    } catch (error) {
      // After an outage nobody knows what the connection is in the middle of.
      if (!(error instanceof StoreUnavailableError)) {
        await session.ask('ROLLBACK');
        isFit = true;
      }
      throw error;
    } finally {
      client.release(!isFit);
    }
  }

  /** One statement, outside of any transaction of ours. */
  async ask(statement: string | Statement): Promise<Row[]> {
    return await this.use((session) => session.ask(statement));
  }

  /** All rows of a query as they stand when the first is asked for, however long reading takes. */
  async *snapshot(query: string): AsyncIterable<Row> {
    const client = new pg.Client({
      ...this.#config,
      idle_in_transaction_session_timeout: SNAPSHOT_IDLE_MS_MAX,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query(`DECLARE rows NO SCROLL CURSOR FOR ${query}`);
      for (;;) {
        const { rows } = await client.query(`FETCH ${ROWS_PER_FETCH} FROM rows`);
        yield* rows;
        if (rows.length < ROWS_PER_FETCH) return;
      }
    } catch (error) {
      throw outage(error, this.title);
    } finally {
      await client.end().catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}
