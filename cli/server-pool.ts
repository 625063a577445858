/** Servers and connections of a run: one server a kind and tier, started when first needed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BROKERS } from '../brokers/index.ts';
import { chooseRuntime } from '../brokers/servers/choose-runtime.ts';
import { prepareServers, type StartOptions, startServer } from '../brokers/servers/index.ts';
import { openDiskControl } from '../brokers/servers/local/disk/disk-control.ts';
import { diskLibrary, whyNoDiskLibrary } from '../brokers/servers/local/disk/disk-library.ts';
import { environmentWith } from '../brokers/servers/local/environment.ts';
import { openRunFolder, type RunFolder } from '../brokers/servers/local/runs.ts';
import type { Runtime, Server } from '../brokers/servers/server.ts';
import { openProxy } from '../lab/faults/proxy.ts';
import { LabError } from '../lab/lab-error.ts';
import { DIRECT } from '../lab/path-plan.ts';
import type { OpenTrial, TrialNeeds } from '../lab/run-jobs.ts';
import type { OwnConsumer } from '../lab/trial-context.ts';
import type { Contender } from '../lab/trial-plan.ts';
import { openStore, type StoreOptions } from '../store/open-store.ts';
import { openDirectTrial } from './direct-trial.ts';
import { keepHotPosts } from './hot-keeper.ts';
import { StartedServers } from './started-servers.ts';
import { StorePool } from './store-pool.ts';

const WORKER_MODULE = fileURLToPath(new URL('worker.ts', import.meta.url));

/** The lab's servers of one run. Disposing ends them and removes their folders. */
export class ServerPool implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #folder: RunFolder;
  readonly #log: (line: string) => void;
  /** By the brokers whose templates they take the place of. */
  readonly #ownConsumers: Readonly<Record<string, OwnConsumer>>;
  readonly #servers = new StartedServers<Server>();
  readonly #stores: StorePool;

  private constructor(
    runtime: Runtime,
    folder: RunFolder,
    log: (line: string) => void,
    ownConsumers: Readonly<Record<string, OwnConsumer>>,
  ) {
    this.#runtime = runtime;
    this.#folder = folder;
    this.#log = log;
    this.#ownConsumers = ownConsumers;
    this.#stores = new StorePool(folder.path, log);
  }

  /**
   * Clears up after labs that died, and brings what the brokers need to this machine. Without a
   * runtime it takes the first one that can run the servers.
   */
  static async open(
    contenders: readonly Contender[],
    log: (line: string) => void,
    asked?: Runtime,
    ownConsumers: Readonly<Record<string, OwnConsumer>> = {},
  ): Promise<ServerPool> {
    const queued = contenders.filter(({ broker }) => broker !== DIRECT);
    const wanted = queued.map(({ broker, tier }) => ({ name: BROKERS[broker]!.server, tier }));
    const runtime = asked ?? (await chooseRuntime([...new Set(wanted.map(({ name }) => name))]));
    if (runtime !== (asked ?? 'local')) log('the servers run in containers (--runtime compose)');
    await prepareServers(runtime, wanted, log);
    const pool = new ServerPool(runtime, await openRunFolder(), log, ownConsumers);
    try {
      if (runtime === 'external') await pool.#tryEach(contenders);
      return pool;
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A wrong password is one line at the start, not a reason in every trial. */
  async #tryEach(contenders: readonly Contender[]): Promise<void> {
    for (const contender of contenders) {
      await using _trial = await this.openTrial(contender);
    }
  }

  /**
   * A broker on its running server, with an empty folder for one trial, and the equipment of its
   * fault. A trial that is `alone` gets a server of its own, which ends with the trial.
   */
  async openTrial(
    contender: Contender,
    needs: TrialNeeds = { alone: false, equipment: [], restartsOften: false },
  ): Promise<OpenTrial> {
    if (contender.broker === DIRECT) return await this.#openDirect();
    await using stack = new AsyncDisposableStack();
    if (needs.equipment.some((one) => one !== 'network') && !(await diskLibrary(this.#log))) {
      throw new LabError('EQUIPMENT_MISSING', `there is no disk library: ${whyNoDiskLibrary()}`);
    }
    const isOwn = needs.alone && this.#runtime !== 'external';
    const proxy = needs.equipment.includes('network') ? stack.use(await openProxy()) : undefined;
    const disk = needs.equipment.includes('disk');
    const { restartsOften } = needs;
    const server = isOwn
      ? stack.use(await this.#startFor(contender, { disk, proxyPort: proxy?.port, restartsOften }))
      : await this.#serverFor(contender);
    // A server that died ends its trial as unknown; the next trial gets it back.
    await server.start();
    if (server.behindProxy !== undefined) proxy?.passTo(server.behindProxy);
    const { broker: name, tier } = contender;
    const broker = stack.use(await BROKERS[name]!.open({ ...server.endpoint, tier }));
    const folder = await mkdtemp(join(this.#folder.path, `trial-${name}-`));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const storeDisk = needs.equipment.includes('store-disk')
      ? await this.#storeDiskIn(folder)
      : undefined;
    const stores = stack.use(this.#stores.openFor(folder));
    const held = stack.move();
    return {
      brokerName: name,
      broker,
      server,
      proxy,
      storeDisk,
      clientEndpoint: proxy && { ...server.endpoint, address: proxy.address },
      workerModule: WORKER_MODULE,
      ownConsumer: this.#ownConsumers[name],
      folder,
      storeAddress: async (shards, plan) => ({ ...(await stores.addressFor(shards, plan)) }),
      openStore: (address) => openStore(address as unknown as StoreOptions),
      storeServerUsage: () => stores.usage(),
      openDatabaseProbe: () => stores.probe(),
      startLimiterRedis: () => this.#startLimiterRedis(),
      keepHotPosts,
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }

  async #openDirect(): Promise<OpenTrial> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(this.#folder.path, `trial-${DIRECT}-`));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const parts = stack.use(await openDirectTrial(this.#stores));
    const held = stack.move();
    return {
      ...parts,
      workerModule: WORKER_MODULE,
      folder,
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }

  /** A store whose disk can be made full, by the library that consumers are started with. */
  async #storeDiskIn(folder: string): Promise<OpenTrial['storeDisk']> {
    const filesFolder = join(folder, 'store');
    const { environment, control } = await openDiskControl({ folder, filesFolder, log: this.#log });
    return { environment: environmentWith(environment), control };
  }

  #startFor(
    { broker, tier }: Contender,
    extras: Pick<StartOptions, 'disk' | 'proxyPort' | 'restartsOften'> = {},
  ): Promise<Server> {
    const options = { tier, folder: this.#folder.path, log: this.#log, ...extras };
    return startServer(this.#runtime, BROKERS[broker]!.server, options);
  }

  /** What is in buckets is worth nothing after a few seconds, so nothing of it is kept. */
  #startLimiterRedis(): Promise<Server> {
    const options = { tier: 'memory', folder: this.#folder.path, log: this.#log } as const;
    return startServer(this.#runtime, 'redis', options);
  }

  #serverFor(contender: Contender): Promise<Server> {
    const key = `${BROKERS[contender.broker]!.server} ${contender.tier}`;
    return this.#servers.get(key, () => this.#startFor(contender));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#servers[Symbol.asyncDispose]();
    await this.#stores[Symbol.asyncDispose]();
    await this.#folder.remove();
  }
}
