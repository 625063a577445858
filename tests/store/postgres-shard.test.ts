/** The store in a real PostgreSQL. */
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { postgresUrl } from '../../brokers/servers/local/postgres.ts';
import { openRunFolder, type RunFolder } from '../../brokers/servers/local/runs.ts';
import {
  type StoreServer,
  startLocalStoreServer,
} from '../../brokers/servers/local/store-servers.ts';
import { openStore } from '../../store/open-store.ts';
import type { PostgresStoreOptions } from '../../store/postgres-store.ts';
import { testStore } from '../store-contract.ts';

/** Each makes a store and opens it three times, which takes longer here than counting does. */
const PROPERTY_RUNS = 12;

let folder: RunFolder;
let server: StoreServer;
let made = 0;

beforeAll(async () => {
  folder = await openRunFolder();
  server = await startLocalStoreServer('postgres', { tier: 'power', folder: folder.path });
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.remove();
});

function freshStore(): PostgresStoreOptions & { shards: number } {
  made += 1;
  const urls = [postgresUrl(server.endpoint)];
  return { engine: 'postgres', urls, name: `store-${made}`, shards: 4, lockTimeoutMs: 300 };
}

/** Holds the lock of a shard's row until it is disposed, as a process does that was stopped. */
async function lockShard(name: string, index: number): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: postgresUrl(server.endpoint) });
  client.on('error', () => {});
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE "like_store_${name}_${index}".shard IN EXCLUSIVE MODE`);
  return { [Symbol.asyncDispose]: () => client.end() };
}

testStore(
  'postgres',
  async () => {
    const options = freshStore();
    return {
      open: () => openStore(options),
      breakShard: (index) => lockShard(options.name, index),
      async [Symbol.asyncDispose]() {},
    };
  },
  PROPERTY_RUNS,
);
