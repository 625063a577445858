/** Where the trials of a run count: a fresh store each, and the servers that stores are kept on. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readExternalStore } from '../brokers/servers/external/store-environment.ts';
import { DATACENTER } from '../brokers/servers/local/cassandra.ts';
import { postgresUrl } from '../brokers/servers/local/postgres.ts';
import {
  fetchStoreServer,
  type StoreServer,
  startLocalStoreServer,
} from '../brokers/servers/local/store-servers.ts';
import type { ServerUsage, StoreServerName } from '../brokers/servers/server.ts';
import type { DatabaseProbe } from '../lab/path/database-probe.ts';
import type { CountingRule, StorePlan } from '../lab/store-plan.ts';
import { dropKeyspace } from '../store/cassandra-keyspace.ts';
import type { CassandraStoreOptions } from '../store/cassandra-options.ts';
import type { StoreOptions } from '../store/open-store.ts';
import { deletePostgresStore, type PostgresStoreOptions } from '../store/postgres-store.ts';
import { openDatabaseProbe } from './database-probe.ts';
import { StartedServers } from './started-servers.ts';

/** How the engines of a run are reached; their servers start when a trial first needs them. */
export class StorePool implements AsyncDisposable {
  readonly #folder: string;
  readonly #log: (line: string) => void;
  readonly #servers = new StartedServers<StoreServer>();

  /** `folder`: of the run, where servers keep their data. */
  constructor(folder: string, log: (line: string) => void) {
    this.#folder = folder;
    this.#log = log;
  }

  /** The store of one trial; disposing it deletes what a server keeps of it. */
  openFor(trialFolder: string): TrialStores {
    return new TrialStores(trialFolder, (name) => this.reach(name));
  }

  /** The server's own, where the user named none; both start or connect once a run. */
  async reach(name: StoreServerName): Promise<ReachedServer> {
    const external = readExternalStore(name);
    if (external !== undefined) return { ...external, usage: undefined };
    const server = await this.#start(name);
    const { endpoint } = server;
    const addresses = [name === 'postgres' ? postgresUrl(endpoint) : endpoint.address];
    return { addresses, datacenter: DATACENTER, usage: () => server.usage() };
  }

  /** Undefined where the user named a server. */
  async localServer(name: StoreServerName): Promise<StoreServer | undefined> {
    return readExternalStore(name) === undefined ? await this.#start(name) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#servers[Symbol.asyncDispose]();
  }

  #start(name: StoreServerName): Promise<StoreServer> {
    return this.#servers.get(name, () => this.#fetchAndStart(name));
  }

  async #fetchAndStart(name: StoreServerName): Promise<StoreServer> {
    await fetchStoreServer(name, this.#log);
    const options = { tier: 'power' as const, folder: this.#folder, log: this.#log };
    return await startLocalStoreServer(name, options);
  }
}

export interface ReachedServer {
  readonly addresses: readonly string[];
  readonly datacenter?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly usage: (() => Promise<ServerUsage>) | undefined;
}

/** What one trial counts into. */
export class TrialStores implements AsyncDisposable {
  readonly #folder: string;
  readonly #reach: (name: StoreServerName) => Promise<ReachedServer>;
  readonly #made: (PostgresStoreOptions | CassandraStoreOptions)[] = [];
  #usage: ReachedServer['usage'];

  constructor(folder: string, reach: (name: StoreServerName) => Promise<ReachedServer>) {
    this.#folder = folder;
    this.#reach = reach;
  }

  async addressFor(shards: number, plan: StorePlan): Promise<StoreOptions> {
    const { engine, rule } = plan;
    if (engine === 'sqlite') return { engine, folder: join(this.#folder, 'store'), shards, rule };
    const { usage, ...server } = await this.#reach(engine);
    this.#usage = usage;
    const options =
      engine === 'postgres' ? onPostgres(server, shards, rule) : onCassandra(server, rule);
    this.#made.push(options);
    return options;
  }

  /** Undefined where no server of this lab keeps the shards. */
  async usage(): Promise<ServerUsage | undefined> {
    return await this.#usage?.();
  }

  /** Undefined where no single PostgreSQL has all the counts. */
  async probe(): Promise<DatabaseProbe | undefined> {
    const [made] = this.#made;
    if (made?.engine !== 'postgres' || made.urls.length !== 1) return undefined;
    return await openDatabaseProbe(made.urls[0]!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const options of this.#made) {
      if (options.engine === 'postgres') await deletePostgresStore(options);
      else await dropKeyspace(options);
    }
  }
}

type Server = Omit<ReachedServer, 'usage'>;

function onPostgres(
  { addresses }: Server,
  shards: number,
  rule: CountingRule,
): PostgresStoreOptions {
  return { engine: 'postgres', urls: addresses, name: freshName(), shards, rule };
}

/** It spreads by itself, so a number of shards is nothing to it. */
function onCassandra(
  { addresses, datacenter, username, password }: Server,
  rule: CountingRule,
): CassandraStoreOptions {
  return {
    engine: 'cassandra',
    contactPoints: addresses,
    keyspace: freshName(),
    rule,
    ...(datacenter !== undefined && { datacenter }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
}

/** No two trials of any lab share one, also on a server that is somebody else's. */
function freshName(): string {
  return `trial_${randomBytes(6).toString('hex')}`;
}
