/** The keyspace of a count store: its tables, and what it says about itself. */
import {
  type CassandraStoreOptions,
  DATACENTER_DEFAULT,
  REPLICATION_DEFAULT,
} from './cassandra-options.ts';
import { CassandraSession } from './cassandra-session.ts';
import type { CountingRule } from './count-store.ts';
import { StoreFolderError } from './errors.ts';

/** The number of the layout below; another layout gets another number. */
const KEYSPACE_FORMAT = 1;

/**
 * Fixed for a store. *tally*: posts lie in so many partitions, and the rows of a batch that fall
 * into one are one request, which costs node and client far less than a request a row. A store of
 * many millions of posts wants more, or its partitions become too large. *states*: the users of a
 * post lie in so many partitions, so that a post that all like is no partition without end.
 */
const BUCKETS: Readonly<Record<CountingRule, number>> = { tally: 64, states: 16 };

/** What a quorum has once answered it goes on answering: a read repairs before it answers. */
const TABLE_OPTIONS = "WITH read_repair = 'BLOCKING'";

/** Rows are never deleted: a deletion has the wall clock's time, later than any offset. */
const TALLY_TABLES = {
  counts: `(bucket int, post text, lane text, likes bigint, unlikes bigint, upto bigint, crc int,
    PRIMARY KEY ((bucket), post, lane))`,
  marks: `(lane text, source text, block bigint, bits blob, upto bigint, crc int,
    PRIMARY KEY ((lane, source, block)))`,
  lanes: '(lane text PRIMARY KEY, upto bigint, crc int)',
};

/** Versions are the timestamps here. What is deleted are notes, each written once. */
const STATES_TABLES = {
  states: `(post text, bucket int, user text, state blob,
    PRIMARY KEY ((post, bucket), user))`,
  rollups: '(post text PRIMARY KEY, likes bigint, generation bigint, rolled_up_at_ms bigint)',
  // A note that comes to life again costs a roll-up, so its deletion need not be kept.
  changed: `(slice int, post text, note text, PRIMARY KEY ((slice), post, note))`,
};

const ABOUT_TABLE = '(id int PRIMARY KEY, format int, rule text, buckets int)';

/** What a keyspace says of itself. */
export interface KeyspaceFacts {
  readonly keyspace: string;
  readonly buckets: number;
}

/**
 * Makes the keyspace and its tables where they are not there yet; several processes may do so at
 * once.
 * @throws StoreFolderError when it holds something else, or a store of another rule or format
 */
export async function openKeyspace(
  session: CassandraSession,
  options: CassandraStoreOptions,
): Promise<KeyspaceFacts> {
  const { keyspace, rule = 'tally' } = options;
  const tables = await tablesOf(session, keyspace);
  if (!tables.includes('about')) {
    if (options.readOnly) throw notAStore(keyspace, 'is not there yet, or holds no count store');
    const foreign = tables.filter((table) => !(table in tablesFor(rule)));
    if (foreign.length > 0) throw notAStore(keyspace, `holds other tables (${foreign[0]})`);
    await createTables(session, options);
  }
  const query = `SELECT format, rule, buckets FROM ${keyspace}.about WHERE id = 0`;
  // Whoever made it may have died before its words were on a quorum; asking for them ends it.
  const about = (await session.read(query))[0] ?? (await session.readAgreed(query, []))[0];
  if (about === undefined) throw notAStore(keyspace, 'says nothing about itself');
  const found = about as { format: number; rule: string; buckets: number };
  if (found.format !== KEYSPACE_FORMAT) {
    throw new StoreFolderError(
      'STORE_FORMAT_UNKNOWN',
      `keyspace ${keyspace} has format ${found.format}, only ${KEYSPACE_FORMAT} is known here; ` +
        'use the release that made it, or another keyspace',
    );
  }
  if (found.rule !== rule) {
    throw new StoreFolderError(
      'STORE_RULE_DIFFERS',
      `keyspace ${keyspace} counts by the rule ${found.rule}, ${rule} was asked for; ask for ` +
        `${found.rule}, or use another keyspace`,
    );
  }
  return { keyspace, buckets: found.buckets };
}

/** Deletes a whole store. For what a test or a trial has made. */
export async function dropKeyspace(options: CassandraStoreOptions): Promise<void> {
  await using session = await CassandraSession.open(options);
  await session.change(`DROP KEYSPACE IF EXISTS ${options.keyspace}`);
}

function tablesFor(rule: CountingRule): Readonly<Record<string, string>> {
  return rule === 'tally' ? TALLY_TABLES : STATES_TABLES;
}

async function tablesOf(session: CassandraSession, keyspace: string): Promise<string[]> {
  const rows = await session.read(
    'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
    [keyspace],
  );
  return rows.map((row) => row.table_name as string);
}

async function createTables(
  session: CassandraSession,
  options: CassandraStoreOptions,
): Promise<void> {
  const { keyspace, datacenter = DATACENTER_DEFAULT, rule = 'tally' } = options;
  const factor = options.replication ?? REPLICATION_DEFAULT;
  await session.change(
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ` +
      `{'class': 'NetworkTopologyStrategy', '${datacenter}': ${factor}}`,
  );
  for (const [table, columns] of Object.entries(tablesFor(rule))) {
    await session.change(
      `CREATE TABLE IF NOT EXISTS ${keyspace}.${table} ${columns} ${TABLE_OPTIONS}` +
        (table === 'changed' ? ' AND gc_grace_seconds = 0' : ''),
    );
  }
  // The last one: where it is, all the others are.
  await session.change(`CREATE TABLE IF NOT EXISTS ${keyspace}.about ${ABOUT_TABLE}`);
  await session.writeFirst(
    `INSERT INTO ${keyspace}.about (id, format, rule, buckets) VALUES (0, ?, ?, ?) IF NOT EXISTS`,
    [KEYSPACE_FORMAT, rule, options.buckets ?? BUCKETS[rule]],
  );
}

function notAStore(keyspace: string, why: string): StoreFolderError {
  return new StoreFolderError(
    'NOT_A_STORE',
    `keyspace ${keyspace} is no store: it ${why}; choose one that is not there yet`,
  );
}
