/** The contract of the rule *states* on a real node. */
import { afterAll, beforeAll } from 'vitest';
import {
  type StoreServer,
  startLocalStoreServer,
} from '../../brokers/servers/local/store-servers.ts';
import { openStore } from '../../store/open-store.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { testStatesStore } from '../store-contract-states.ts';

const PROPERTY_RUNS = 5;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: StoreServer;
let keyspaces = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startLocalStoreServer('cassandra', { tier: 'kill', folder: folder.path });
});

afterAll(async () => {
  await server?.stop();
  await folder?.[Symbol.asyncDispose]();
});

testStatesStore(
  'cassandra',
  async () => {
    keyspaces += 1;
    const keyspace = `states_${keyspaces}`;
    const contactPoints = [server.address];
    return {
      open: () => openStore({ engine: 'cassandra', rule: 'states', contactPoints, keyspace }),
      breakShard: async () => {
        throw new Error('it has no shards');
      },
      [Symbol.asyncDispose]: async () => {},
    };
  },
  PROPERTY_RUNS,
  true,
);
