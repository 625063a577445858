/** Servers and connections of a run: one server a kind and tier, started when first needed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Broker } from '../brokers/broker.ts';
import { BROKERS } from '../brokers/index.ts';
import { chooseRuntime } from '../brokers/servers/choose-runtime.ts';
import { prepareServers, startServer } from '../brokers/servers/index.ts';
import { openRunFolder, type RunFolder } from '../brokers/servers/local/runs.ts';
import type { Runtime, Server } from '../brokers/servers/server.ts';
import type { OpenTrial } from '../lab/run-jobs.ts';
import type { Contender } from '../lab/trial-plan.ts';
import { openStore } from '../store/open-store.ts';

const WORKER_MODULE = fileURLToPath(new URL('worker.ts', import.meta.url));

/** The lab's servers of one run. Disposing ends them and removes their folders. */
export class ServerPool implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #folder: RunFolder;
  readonly #log: (line: string) => void;
  readonly #servers = new Map<string, Promise<Server>>();

  private constructor(runtime: Runtime, folder: RunFolder, log: (line: string) => void) {
    this.#runtime = runtime;
    this.#folder = folder;
    this.#log = log;
  }

  /**
   * Clears up after labs that died, and brings what the brokers need to this machine. Without a
   * runtime it takes the first one that can run the servers.
   */
  static async open(
    contenders: readonly Contender[],
    log: (line: string) => void,
    asked?: Runtime,
  ): Promise<ServerPool> {
    const wanted = contenders.map(({ broker, tier }) => ({ name: BROKERS[broker]!.server, tier }));
    const runtime = asked ?? (await chooseRuntime([...new Set(wanted.map(({ name }) => name))]));
    if (runtime !== (asked ?? 'local')) log('the servers run in containers (--runtime compose)');
    await prepareServers(runtime, wanted, log);
    const pool = new ServerPool(runtime, await openRunFolder(), log);
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
   * A broker on its running server, with an empty folder for one trial. `alone`: on a server of its
   * own, which ends with the trial.
   */
  async openTrial(contender: Contender, alone = false): Promise<OpenTrial> {
    const isOwn = alone && this.#runtime !== 'external';
    const server = isOwn ? await this.#startFor(contender) : await this.#serverFor(contender);
    // A server that died ends its trial as unknown; the next trial gets it back.
    await server.start();
    const { broker: name, tier } = contender;
    const connection = { ...server.endpoint, tier };
    const broker: Broker = await BROKERS[name]!.open(connection).catch(async (error: unknown) => {
      if (isOwn) await server[Symbol.asyncDispose]();
      throw error;
    });
    const folder = await mkdtemp(join(this.#folder.path, `trial-${name}-`));
    return {
      brokerName: name,
      broker,
      server,
      workerModule: WORKER_MODULE,
      folder,
      openStore: (path) => openStore({ folder: path }),
      async [Symbol.asyncDispose]() {
        await broker[Symbol.asyncDispose]();
        if (isOwn) await server[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  #startFor({ broker, tier }: Contender): Promise<Server> {
    const options = { tier, folder: this.#folder.path, log: this.#log };
    return startServer(this.#runtime, BROKERS[broker]!.server, options);
  }

  #serverFor(contender: Contender): Promise<Server> {
    const key = `${BROKERS[contender.broker]!.server} ${contender.tier}`;
    const found = this.#servers.get(key);
    if (found) return found;
    const started = this.#startFor(contender);
    this.#servers.set(key, started);
    // One that did not start is tried again by the next trial that needs it.
    started.catch(() => this.#servers.delete(key));
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const started = await Promise.allSettled(this.#servers.values());
    const servers = started.filter((result) => result.status === 'fulfilled');
    await Promise.all(servers.map(({ value }) => value[Symbol.asyncDispose]()));
    await this.#folder.remove();
  }
}
