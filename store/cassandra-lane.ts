/** The rows of one lane in Cassandra, as lane-batch.ts reads and writes them. */
import type { KeyspaceFacts } from './cassandra-keyspace.ts';
import {
  bucketOf,
  checkpointFrom,
  countFrom,
  crcOfCheckpoint,
  crcOfCount,
  crcOfMarks,
  marksFrom,
  sound,
} from './cassandra-rows.ts';
import { all, type CassandraSession, type Statement } from './cassandra-session.ts';
import type { LaneTables } from './lane-batch.ts';
import {
  type BlockKey,
  type CountRow,
  type LaneWrites,
  type MarkRow,
  NOTHING_YET,
  nameOfBlock,
} from './lane-state.ts';

/** Rows of one partition in one request: about 10 KB. */
const ROWS_PER_REQUEST_MAX = 100;

export class CassandraLane implements LaneTables {
  readonly lane: string;
  readonly #session: CassandraSession;
  readonly #facts: KeyspaceFacts;

  constructor(lane: string, session: CassandraSession, facts: KeyspaceFacts) {
    this.lane = lane;
    this.#session = session;
    this.#facts = facts;
  }

  async readCheckpoint(): Promise<bigint> {
    const query = `SELECT lane, upto, crc FROM ${this.#facts.keyspace}.lanes WHERE lane = ?`;
    const [row] = await this.#session.read(query, [this.lane]);
    if (row === undefined) return NOTHING_YET;
    return sound(checkpointFrom(row), `the checkpoint of ${this.#name}`).upto;
  }

  async readMarks(blocks: readonly BlockKey[]): Promise<Map<string, MarkRow>> {
    const query =
      `SELECT lane, source, block, bits, upto, crc FROM ${this.#facts.keyspace}.marks ` +
      'WHERE lane = ? AND source = ? AND block = ?';
    const found = await Promise.all(
      blocks.map(({ source, block }) =>
        this.#session.read(query, [this.lane, source, BigInt(block)]),
      ),
    );
    return new Map(
      found.flat().map((row) => {
        const marks = marksFrom(row);
        const name = `block ${marks.block} of source ${JSON.stringify(marks.source)}`;
        return [nameOfBlock(marks), sound(marks, `${name} in ${this.#name}`)] as const;
      }),
    );
  }

  async readCounts(posts: readonly string[]): Promise<Map<string, CountRow>> {
    const query =
      `SELECT post, lane, likes, unlikes, upto, crc FROM ${this.#facts.keyspace}.counts ` +
      'WHERE bucket = ? AND post IN ? AND lane = ?';
    const found = await Promise.all(
      this.#byBucket(posts, (post) => post).map(([bucket, ofBucket]) =>
        this.#session.read(query, [bucket, ofBucket, this.lane]),
      ),
    );
    return new Map(
      found.flat().map((row) => {
        const count = countFrom(row);
        const name = `the count of post ${JSON.stringify(count.post)} in ${this.#name}`;
        return [count.post, sound(count, name)] as const;
      }),
    );
  }

  async writeCounts(rows: LaneWrites['counts']): Promise<void> {
    const query =
      `INSERT INTO ${this.#facts.keyspace}.counts ` +
      '(bucket, post, lane, likes, unlikes, upto, crc) VALUES (?, ?, ?, ?, ?, ?, ?) ' +
      'USING TIMESTAMP ?';
    await all(
      this.#byBucket(rows, ({ post }) => post).map(([bucket, ofBucket]) => {
        const statements = ofBucket.map((row): Statement => {
          const { post, likes, unlikes, upto } = row;
          const crc = crcOfCount(post, this.lane, row);
          const values = [BigInt(likes), BigInt(unlikes), upto, crc, upto + 1n];
          return { query, params: [bucket, post, this.lane, ...values] };
        });
        return this.#session.writeTogether(statements);
      }),
    );
  }

  async writeMarks(rows: LaneWrites['marks']): Promise<void> {
    const query =
      `INSERT INTO ${this.#facts.keyspace}.marks (lane, source, block, bits, upto, crc) ` +
      'VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?';
    await all(
      rows.map((row) => {
        const { source, block, bits, upto } = row;
        const crc = crcOfMarks(this.lane, row, row);
        const values = [Buffer.from(bits), upto, crc, upto + 1n];
        return this.#session.write(query, [this.lane, source, BigInt(block), ...values]);
      }),
    );
  }

  async writeCheckpoint(upto: bigint): Promise<void> {
    const query =
      `INSERT INTO ${this.#facts.keyspace}.lanes (lane, upto, crc) VALUES (?, ?, ?) ` +
      'USING TIMESTAMP ?';
    await this.#session.write(query, [
      this.lane,
      upto,
      crcOfCheckpoint(this.lane, upto),
      upto + 1n,
    ]);
  }

  get #name(): string {
    return `lane ${JSON.stringify(this.lane)}`;
  }

  /** Those of one partition together, in parts of a size that a node takes without ado. */
  #byBucket<Item>(items: readonly Item[], postOf: (item: Item) => string): [number, Item[]][] {
    const { buckets } = this.#facts;
    const parts: [number, Item[]][] = [];
    for (const [bucket, ofBucket] of Map.groupBy(items, (item) =>
      bucketOf(postOf(item), buckets),
    )) {
      for (let from = 0; from < ofBucket.length; from += ROWS_PER_REQUEST_MAX) {
        parts.push([bucket, ofBucket.slice(from, from + ROWS_PER_REQUEST_MAX)]);
      }
    }
    return parts;
  }
}

/** Resolves when all have; rejects when all have ended, so that nothing of it is under way then. */
