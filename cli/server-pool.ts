/** Servers and connections of a run: one server a kind and tier, started when first needed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Broker } from '../brokers/broker.ts';
import { BROKERS } from '../brokers/index.ts';
import { fetchServers, startLocalServer } from '../brokers/servers/local/index.ts';
import { openRunFolder, type RunFolder, reapDeadRuns } from '../brokers/servers/local/runs.ts';
import type { Server } from '../brokers/servers/server.ts';
import type { OpenTrial } from '../lab/run-jobs.ts';
import type { Contender } from '../lab/schedule.ts';
import { openStore } from '../store/open-store.ts';

const WORKER_MODULE = fileURLToPath(new URL('worker.ts', import.meta.url));

/** The lab's servers of one run. Disposing ends them and removes their folders. */
export class ServerPool implements AsyncDisposable {
  readonly #folder: RunFolder;
  readonly #log: (line: string) => void;
  readonly #servers = new Map<string, Promise<Server>>();

  private constructor(folder: RunFolder, log: (line: string) => void) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Clears up after labs that died, and fetches what the brokers need. */
  static async open(
    contenders: readonly Contender[],
    log: (line: string) => void,
  ): Promise<ServerPool> {
    await reapDeadRuns(log);
    await fetchServers([...new Set(contenders.map(({ broker }) => BROKERS[broker]!.server))], log);
    return new ServerPool(await openRunFolder(), log);
  }

  /** A broker on its running server, with an empty folder for one trial. */
  async openTrial(contender: Contender): Promise<OpenTrial> {
    const server = await this.#serverFor(contender);
    // A server that died ends its trial as unknown; the next trial gets it back.
    await server.start();
    const { broker: name, tier } = contender;
    const broker: Broker = await BROKERS[name]!.open({ ...server.endpoint, tier });
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
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  #serverFor({ broker, tier }: Contender): Promise<Server> {
    const { server: name } = BROKERS[broker]!;
    const key = `${name} ${tier}`;
    const found = this.#servers.get(key);
    if (found) return found;
    const started = startLocalServer(name, { tier, folder: this.#folder.path, log: this.#log });
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
