import { afterAll, beforeAll } from 'vitest';
import {
  type StoreServer,
  startLocalStoreServer,
} from '../../brokers/servers/local/store-servers.ts';
import type { CassandraStoreOptions } from '../../store/cassandra-options.ts';
import { openStore } from '../../store/open-store.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { testStore } from '../store-contract.ts';
import { OneLane, placedStore } from './placed-store.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: StoreServer;
let keyspaces = 0;
/** Each makes a keyspace and its tables. */
const PROPERTY_RUNS = 4;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startLocalStoreServer('cassandra', { tier: 'everysec', folder: folder.path });
});

afterAll(async () => {
  await server.stop();
  await folder[Symbol.asyncDispose]();
});

function newStore(): CassandraStoreOptions {
  return {
    engine: 'cassandra',
    contactPoints: [server.address],
    keyspace: `likes_${keyspaces++}`,
  };
}

testStore(
  'cassandra',
  async () => {
    const options = newStore();
    const lane = new OneLane();
    return {
      open: async () => placedStore(await openStore(options), lane),
      breakShard: async () => {
        throw new Error('it has no shards');
      },
      [Symbol.asyncDispose]: async () => {},
    };
  },
  PROPERTY_RUNS,
  true,
);
