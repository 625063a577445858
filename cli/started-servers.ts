/** Servers of a run, each started when it is first needed, and ended with the run. */
import type { Server } from '../brokers/servers/server.ts';

export class StartedServers<Kind extends Server> implements AsyncDisposable {
  readonly #started = new Map<string, Promise<Kind>>();

  /** The one of that key, which `start` starts where nobody has yet. */
  get(key: string, start: () => Promise<Kind>): Promise<Kind> {
    const found = this.#started.get(key);
    if (found) return found;
    const started = start();
    this.#started.set(key, started);
    // One that did not start is tried again by the next trial that needs it.
    started.catch(() => this.#started.delete(key));
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const started = await Promise.allSettled(this.#started.values());
    const servers = started.filter((result) => result.status === 'fulfilled');
    await Promise.all(servers.map(({ value }) => value[Symbol.asyncDispose]()));
  }
}
