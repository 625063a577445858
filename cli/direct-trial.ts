/** A trial without a queue: the database stands where others have a server and a broker. */
import { randomBytes } from 'node:crypto';
import type { Server } from '../brokers/servers/server.ts';
import { DIRECT } from '../lab/path-plan.ts';
import type { OpenTrial } from '../lab/run-jobs.ts';
import { openDatabaseProbe } from './database-probe.ts';
import {
  createDirectSchema,
  type DirectAddress,
  directAddressSchema,
  directBroker,
  dropDirectSchema,
  openDirectStore,
} from './direct-database.ts';
import type { StorePool } from './store-pool.ts';

type DirectParts = Pick<
  OpenTrial,
  'brokerName' | 'broker' | 'server' | 'storeAddress' | 'openStore' | 'openDatabaseProbe'
> &
  AsyncDisposable;

/** In tables of its own, which end with it. */
export async function openDirectTrial(stores: StorePool): Promise<DirectParts> {
  const { addresses } = await stores.reach('postgres');
  const url = addresses[0]!;
  const server = (await stores.localServer('postgres')) ?? somebodysDatabase(url);
  const database = directBroker(url);
  let made: DirectAddress | undefined;
  return {
    brokerName: DIRECT,
    broker: {
      ...database,
      settings: async (queue) => ({
        ...(await database.settings(queue)),
        ...(made && { 'store rule': made.rule, 'store shards': '1' }),
      }),
    },
    server,
    async storeAddress(_shards, { rule }) {
      const schema = `direct_${randomBytes(6).toString('hex')}`;
      made = { engine: DIRECT, url, schema, rule };
      await createDirectSchema(made);
      return made;
    },
    openStore: (address) => openDirectStore(directAddressSchema.parse(address)),
    openDatabaseProbe: () => openDatabaseProbe(url),
    async [Symbol.asyncDispose]() {
      if (made !== undefined) await dropDirectSchema(made);
    },
  };
}

/** Nothing is ever killed there, and nothing is known of what it uses. */
function somebodysDatabase(address: string): Server {
  return {
    name: 'postgres',
    tier: 'power',
    title: 'PostgreSQL',
    runtime: 'external',
    endpoint: { address },
    pid: undefined,
    start: async () => undefined,
    stop: async () => undefined,
    kill: () => Promise.reject(new Error('a database of somebody else is never killed')),
    version: async () => 'of somebody else',
    usage: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
