/** What the tests of the Cassandra engine have in common. */
import { startLocalStoreServer } from '../../brokers/servers/local/store-servers.ts';
import type { PlaceOf } from '../../likes/like.ts';
import type { CassandraStoreOptions } from '../../store/cassandra-options.ts';
import { CassandraSession } from '../../store/cassandra-session.ts';
import type { CountingRule, CountStore } from '../../store/count-store.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import type { StoreUnderTest } from '../store-contract-reading.ts';

export interface CassandraUnderTest extends AsyncDisposable {
  /** Options of a store that nobody has opened yet. */
  freshStore(rule?: CountingRule): CassandraStoreOptions;
}

/** A real node for a test file. */
export async function startCassandra(
  options: Omit<Parameters<typeof startLocalStoreServer>[1], 'folder'>,
): Promise<CassandraUnderTest> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const server = await startLocalStoreServer('cassandra', { ...options, folder: folder.path });
  stack.use(server);
  const contactPoints = [server.address];
  let made = 0;
  const started = stack.move();
  return {
    freshStore(rule = 'tally') {
      made += 1;
      return { engine: 'cassandra', contactPoints, keyspace: `likes_${made}`, rule };
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** For the contracts of stores: what it keeps ends with the node. */
export function subjectOf(open: () => Promise<CountStore>): StoreUnderTest {
  return {
    open,
    breakShard: async () => {
      throw new Error('it has no shards');
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Later than any offset of a test, so that what is written with it stays. */
export const LAST = 2n ** 60n;

/** Places in one lane, from this offset on. */
export function placesFrom(first: number, lane = 'likes/0'): PlaceOf {
  return (index) => ({ lane, offset: BigInt(first + index) });
}

/** Writes past the store, as damage does. */
export async function overwrite(
  options: CassandraStoreOptions,
  query: string,
  ...params: unknown[]
): Promise<void> {
  await using session = await CassandraSession.open(options);
  await session.write(query.replace('KEYSPACE', options.keyspace), params);
}

/** The partition of the row with this value in this column, read back. */
export async function bucketIn(
  options: CassandraStoreOptions,
  table: 'counts' | 'states',
  column: string,
  value: string,
): Promise<number> {
  await using session = await CassandraSession.open(options);
  const rows = await session.read(`SELECT bucket, ${column} FROM ${options.keyspace}.${table}`);
  return rows.find((row) => row[column] === value)!.bucket as number;
}
