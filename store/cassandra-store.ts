/** Opens the count store that is kept on a Cassandra cluster. */
import { openKeyspace } from './cassandra-keyspace.ts';
import type { CassandraStoreOptions } from './cassandra-options.ts';
import { CassandraSession } from './cassandra-session.ts';
import { CassandraStatesStore } from './cassandra-states.ts';
import { CassandraTallyStore } from './cassandra-tally.ts';
import type { CountStore } from './count-store.ts';

/**
 * Makes the keyspace where it is not there yet.
 * @throws StoreFolderError when it is no such store; StoreUnavailableError when no node answers
 */
export async function openCassandraStore(options: CassandraStoreOptions): Promise<CountStore> {
  const session = await CassandraSession.open(options);
  try {
    const facts = await openKeyspace(session, options);
    return options.rule === 'states'
      ? new CassandraStatesStore(session, facts, options)
      : new CassandraTallyStore(session, facts, options);
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}
