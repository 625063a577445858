/** A PostgreSQL for the tests of moves, and stores in it. */
import { postgresUrl } from '../../../brokers/servers/local/postgres.ts';
import { openRunFolder } from '../../../brokers/servers/local/runs.ts';
import { startLocalStoreServer } from '../../../brokers/servers/local/store-servers.ts';
import type { PostgresStoreOptions } from '../../../store/postgres-store.ts';

export interface PostgresForMoves extends AsyncDisposable {
  /** Of a store that is not there yet. */
  freshStore(): PostgresStoreOptions;
}

export async function startPostgres(): Promise<PostgresForMoves> {
  const folder = await openRunFolder();
  const server = await startLocalStoreServer('postgres', { tier: 'power', folder: folder.path });
  let made = 0;
  return {
    freshStore() {
      made += 1;
      return { engine: 'postgres', urls: [postgresUrl(server.endpoint)], name: `moves-${made}` };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}
