/** One real PostgreSQL for a test file, and fresh stores in it. */
import pg from 'pg';
import { postgresUrl } from '../../brokers/servers/local/postgres.ts';
import { openRunFolder } from '../../brokers/servers/local/runs.ts';
import {
  type StoreServer,
  startLocalStoreServer,
} from '../../brokers/servers/local/store-servers.ts';
import type { PostgresStoreOptions } from '../../store/postgres-store.ts';

export const SHARDS = 4;
/** Tests wait for it where a lock is never given back. */
const LOCK_TIMEOUT_MS = 300;

export interface PostgresUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly server: StoreServer;
  /** Options of a store that nobody has opened yet. */
  freshStore(): PostgresStoreOptions & { readonly shards: number };
  /** Rows of one statement, by somebody who knows nothing of the store. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** A connection of the test's own, with what it has done so far. */
  connect(text: string): Promise<pg.Client & AsyncDisposable>;
}

export async function startPostgres(): Promise<PostgresUnderTest> {
  const folder = await openRunFolder();
  const options = { tier: 'power', folder: folder.path } as const;
  const server = await startLocalStoreServer('postgres', options);
  const url = postgresUrl(server.endpoint);
  let made = 0;
  const connect = async (text: string) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    await client.query(text);
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  };
  return {
    url,
    server,
    connect,
    freshStore() {
      made += 1;
      const name = `store-${made}`;
      const lockTimeoutMs = LOCK_TIMEOUT_MS;
      return { engine: 'postgres', urls: [url], name, shards: SHARDS, lockTimeoutMs };
    },
    async sql(text) {
      await using client = await connect('');
      return (await client.query(text)).rows;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}
