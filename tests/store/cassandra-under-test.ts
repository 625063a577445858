/** What the tests of the Cassandra engine have in common. */
import type { PlaceOf } from '../../likes/like.ts';
import type { CassandraStoreOptions } from '../../store/cassandra-options.ts';
import { CassandraSession } from '../../store/cassandra-session.ts';

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
