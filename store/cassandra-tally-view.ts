/** All of a tally store on Cassandra, for whoever looks at it: full scans, page by page. */
import type { KeyspaceFacts } from './cassandra-keyspace.ts';
import type { CassandraStoreOptions } from './cassandra-options.ts';
import { tallyProblems } from './cassandra-problems.ts';
import {
  checkpointFrom,
  countFrom,
  type FoundCheckpoint,
  type FoundCount,
  type FoundMarks,
  marksFrom,
} from './cassandra-rows.ts';
import type { CassandraSession } from './cassandra-session.ts';
import { clusterDiskBytes, clusterSettings } from './cassandra-settings.ts';
import type { MarkBlock, PostCount, ShardView, Totals } from './count-store.ts';
import { countMarks } from './marks.ts';

export class CassandraTallyView implements ShardView {
  readonly index = 0;
  readonly #session: CassandraSession;
  readonly #facts: KeyspaceFacts;
  readonly #options: CassandraStoreOptions;

  constructor(session: CassandraSession, facts: KeyspaceFacts, options: CassandraStoreOptions) {
    this.#session = session;
    this.#facts = facts;
    this.#options = options;
  }

  /** The rows of a post, one a lane, are neighbours. */
  async *counts(): AsyncIterable<PostCount> {
    let sum: { post: string; likes: number; unlikes: number } | undefined;
    for await (const { post, likes, unlikes } of this.countRows()) {
      if (sum?.post !== post) {
        if (sum !== undefined) yield sum;
        sum = { post, likes: 0, unlikes: 0 };
      }
      sum.likes += likes;
      sum.unlikes += unlikes;
    }
    if (sum !== undefined) yield sum;
  }

  /** A block comes once for each lane that has marks in it. */
  async *marks(): AsyncIterable<MarkBlock> {
    for await (const { source, block, bits } of this.markRows()) yield { source, block, bits };
  }

  async *countRows(): AsyncIterable<FoundCount> {
    const { keyspace } = this.#facts;
    const query = `SELECT post, lane, likes, unlikes, upto, crc FROM ${keyspace}.counts`;
    for await (const row of this.#session.scan(query)) yield countFrom(row);
  }

  async *markRows(): AsyncIterable<FoundMarks> {
    const { keyspace } = this.#facts;
    const query = `SELECT lane, source, block, bits, upto, crc FROM ${keyspace}.marks`;
    for await (const row of this.#session.scan(query)) yield marksFrom(row);
  }

  async checkpoints(): Promise<FoundCheckpoint[]> {
    const query = `SELECT lane, upto, crc FROM ${this.#facts.keyspace}.lanes`;
    return (await Array.fromAsync(this.#session.scan(query))).map(checkpointFrom);
  }

  async totals(): Promise<Totals> {
    const sums = { posts: 0, likes: 0, unlikes: 0, marks: 0, marksDropped: 0 };
    for await (const { likes, unlikes } of this.counts()) {
      sums.posts += 1;
      sums.likes += likes;
      sums.unlikes += unlikes;
    }
    for await (const { bits } of this.marks()) sums.marks += countMarks(bits);
    return sums;
  }

  async ownership(): Promise<(post: string) => boolean> {
    return () => true;
  }

  findProblems(spelledOutMax?: number): Promise<string[]> {
    return tallyProblems(this, spelledOutMax);
  }

  diskBytes(): Promise<number> {
    return clusterDiskBytes(this.#session, this.#facts.keyspace);
  }

  settings(): Promise<Readonly<Record<string, string>>> {
    return clusterSettings(this.#session, this.#facts, this.#options);
  }
}
