/** What stores on Cassandra do alike, whatever their rule: the cluster is one part to look at. */
import type { KeyspaceFacts } from './cassandra-keyspace.ts';
import type { CassandraStoreOptions } from './cassandra-options.ts';
import type { CassandraSession } from './cassandra-session.ts';
import type { ShardView, Totals } from './count-store.ts';
import { StoreUnavailableError } from './errors.ts';

export abstract class CassandraPart<View extends ShardView> implements AsyncDisposable {
  readonly shards: readonly [View];
  protected readonly session: CassandraSession;
  protected readonly facts: KeyspaceFacts;
  readonly #readOnly: boolean;

  /** Owns the session. */
  constructor(
    session: CassandraSession,
    facts: KeyspaceFacts,
    options: CassandraStoreOptions,
    view: View,
  ) {
    this.session = session;
    this.facts = facts;
    this.#readOnly = options.readOnly ?? false;
    this.shards = [view];
  }

  /** @throws StoreUnavailableError */
  protected assertWritable(): void {
    if (this.#readOnly) throw new StoreUnavailableError('the store was opened for reading only');
  }

  totals(): Promise<Totals> {
    return this.shards[0].totals();
  }

  async findProblems(spelledOutMax?: number): Promise<string[]> {
    const problems = await this.shards[0].findProblems(spelledOutMax);
    return problems.map((problem) => `shard 0: ${problem}`);
  }

  diskBytes(): Promise<number> {
    return this.shards[0].diskBytes();
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    return { shards: '1', ...(await this.shards[0].settings()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}
