/** One process's connections to a Cassandra cluster: bounded, timed, with errors that say more. */
import { readFileSync } from 'node:fs';
import cassandra from 'cassandra-driver';
import { type CassandraStoreOptions, DATACENTER_DEFAULT } from './cassandra-options.ts';
import { StoreUnavailableError } from './errors.ts';

/** A silent node is given up on after this long; its own limits are 5 s to read, 2 s to write. */
const REQUEST_TIMEOUT_MS = 6_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Between tries to reach a node that was lost. */
const RECONNECT_MS = 250;
/** Requests of this process that are on their way. More only wait in the queues of the nodes. */
const REQUESTS_MAX = 128;
/** How many other nodes are asked when one cannot be reached or is overloaded. */
const RETRIES_MAX = 2;
/** Until all nodes know of a new table. */
const SCHEMA_AGREEMENT_S_MAX = 20;
const ROWS_PER_PAGE = 1_000;

export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  readonly query: string;
  readonly params: readonly unknown[];
}

const { consistencies } = cassandra.types;

/** Asks another node when one is lost: every statement here may be carried out twice. */
class Retries extends cassandra.policies.retry.RetryPolicy {
  override onRequestError(info: cassandra.policies.retry.OperationInfo) {
    if (info.nbRetry >= RETRIES_MAX) return this.rethrowResult();
    return this.retryResult(info.executionOptions.getConsistency(), false);
  }
}

export class CassandraSession implements AsyncDisposable {
  readonly #client: cassandra.Client;
  readonly #consistency: cassandra.types.consistencies;
  readonly #title: string;
  #requests = 0;
  readonly #queue: (() => void)[] = [];

  private constructor(options: CassandraStoreOptions) {
    this.#title = `Cassandra at ${options.contactPoints.join(', ')}`;
    this.#consistency = options.consistency === 'one' ? consistencies.one : consistencies.quorum;
    this.#client = new cassandra.Client({
      contactPoints: [...options.contactPoints],
      localDataCenter: options.datacenter ?? DATACENTER_DEFAULT,
      ...(options.username && {
        credentials: { username: options.username, password: options.password ?? '' },
      }),
      ...(options.caFile && { sslOptions: { ca: [readFileSync(options.caFile)] } }),
      encoding: { useBigIntAsLong: true },
      policies: {
        retry: new Retries(),
        reconnection: new cassandra.policies.reconnection.ConstantReconnectionPolicy(RECONNECT_MS),
      },
      protocolOptions: { maxSchemaAgreementWaitSeconds: SCHEMA_AGREEMENT_S_MAX },
      queryOptions: {
        prepare: true,
        isIdempotent: true,
        consistency: this.#consistency,
        fetchSize: ROWS_PER_PAGE,
      },
      socketOptions: { connectTimeout: CONNECT_TIMEOUT_MS, readTimeout: REQUEST_TIMEOUT_MS },
    });
  }

  /** Rejects with StoreUnavailableError when no node answers, or none in that data centre. */
  static async open(options: CassandraStoreOptions): Promise<CassandraSession> {
    const session = new CassandraSession(options);
    try {
      await session.#client.connect();
      return session;
    } catch (cause) {
      await session.#client.shutdown();
      throw session.#outage(cause);
    }
  }

  /** Rows of a question that has few. */
  async read(query: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#ask(() => this.#client.execute(query, [...params]));
    return rows as unknown as Row[];
  }

  /** Rows of a question that may have any number, page by page. */
  async *scan(query: string, params: readonly unknown[] = []): AsyncIterable<Row> {
    let pageState: Buffer | string | undefined;
    do {
      const page = await this.#ask(() =>
        this.#client.execute(query, [...params], pageState ? { pageState } : {}),
      );
      yield* page.rows as unknown as Row[];
      pageState = page.pageState || undefined;
    } while (pageState !== undefined);
  }

  async write(query: string, params: readonly unknown[]): Promise<void> {
    await this.#ask(() => this.#client.execute(query, [...params]));
  }

  /** Several rows of one partition as one request. */
  async writeTogether(statements: readonly Statement[]): Promise<void> {
    const [first] = statements;
    if (first === undefined) return;
    if (statements.length === 1) return await this.write(first.query, first.params);
    const queries = statements.map(({ query, params }) => ({ query, params: [...params] }));
    await this.#ask(() => this.#client.batch(queries, { prepare: true, logged: false }));
  }

  /** By consensus of the replicas: whether the row was written, because there was none. */
  async writeFirst(query: string, params: readonly unknown[]): Promise<boolean> {
    const result = await this.#ask(() =>
      this.#client.execute(query, [...params], { isIdempotent: false }),
    );
    return result.wasApplied();
  }

  /** What consensus has brought about, also when whoever began it did not see it end. */
  async readAgreed(query: string, params: readonly unknown[]): Promise<Row[]> {
    const options = { consistency: consistencies.serial };
    const { rows } = await this.#ask(() => this.#client.execute(query, [...params], options));
    return rows as unknown as Row[];
  }

  /** Changes of tables all go to the same node, as far as it is there, where they wait in line. */
  async change(statement: string): Promise<void> {
    const hosts = this.#client.hosts.values().filter((host) => host.isUp());
    const host = hosts.sort((one, other) => (one.address < other.address ? -1 : 1))[0];
    await this.#ask(() =>
      this.#client.execute(statement, [], { prepare: false, ...(host && { host }) }),
    );
  }

  /** A question about each node to that node itself; nodes that are down are left out. */
  async readOfEachNode(query: string, params: readonly unknown[]): Promise<Row[][]> {
    const hosts = this.#client.hosts.values().filter((host) => host.isUp());
    const consistency = consistencies.one;
    const asked = hosts.map((host) =>
      this.#ask(() => this.#client.execute(query, [...params], { host, consistency })),
    );
    return (await Promise.all(asked)).map(({ rows }) => rows as unknown as Row[]);
  }

  get nodes(): number {
    return this.#client.hosts.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.shutdown();
  }

  async #ask<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    if (this.#requests >= REQUESTS_MAX) {
      // Who ends a request hands its turn on, so the number on their way stays the same.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else this.#requests += 1;
    try {
      return await request();
    } catch (cause) {
      throw this.#outage(cause);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#requests -= 1;
      else next();
    }
  }

  #outage(cause: unknown): StoreUnavailableError {
    const message = cause instanceof Error ? cause.message : String(cause);
    const inner = innerErrors(cause);
    const nextStep = /authenticat|credentials/i.test(message + inner)
      ? 'correct user name and password'
      : 'see that enough of its nodes are up, then deliver the batch again';
    return new StoreUnavailableError(
      `${this.#title}: ${message.replaceAll(/\s+/g, ' ')}${inner}; ${nextStep}`,
      { cause },
    );
  }
}

/** What each node said, when none could do it. */
function innerErrors(cause: unknown): string {
  if (!(cause instanceof cassandra.errors.NoHostAvailableError)) return '';
  const each = Object.entries(cause.innerErrors ?? {});
  return each.map(([host, error]) => ` (${host}: ${(error as Error)?.message})`).join('');
}

/** Waits for all of them before it rejects with the first error, so that none goes on unheard. */
export async function all(works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
