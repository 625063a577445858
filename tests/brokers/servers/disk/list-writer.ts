/** Likes as plain entries of a Redis list: what was acknowledged, and what is still there. */
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { LocalServer } from '../../../../brokers/servers/local/local-server.ts';

const BATCH = 100;

/** Adds to one list, batch by batch, until it is told to stop or the server refuses. */
export class ListWriter {
  readonly #client: Redis;
  readonly #ended: Promise<void>;
  /** The running number of entries that were acknowledged, and when. */
  readonly acknowledgements: { readonly atMs: number; readonly entries: number }[] = [];
  sent = 0;
  error: Error | undefined;
  #stopped = false;

  constructor(address: string, list = 'likes') {
    const [host, port] = address.split(':');
    this.#client = new Redis({ host: host!, port: Number(port), retryStrategy: () => null });
    this.#client.on('error', () => {});
    this.#ended = this.#write(list).catch((error: Error) => {
      this.error = error;
    });
  }

  get acknowledged(): number {
    return this.acknowledgements.at(-1)?.entries ?? 0;
  }

  async #write(list: string): Promise<void> {
    while (!this.#stopped) {
      const first = this.sent;
      const pipeline = this.#client.pipeline();
      for (let seq = first; seq < first + BATCH; seq += 1) pipeline.rpush(list, seq);
      this.sent += BATCH;
      const answers = (await pipeline.exec())!;
      for (const [error] of answers) if (error) throw error;
      this.acknowledgements.push({ atMs: performance.now(), entries: this.sent });
    }
  }

  async end(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
    this.#client.disconnect();
  }
}

/** The entries that the list has; they must be the first ones, in order. */
export async function entriesIn(server: LocalServer): Promise<number> {
  const [host, port] = server.address.split(':');
  const client = new Redis({ host: host!, port: Number(port) });
  const length = await client.llen('likes');
  expect(await client.lindex('likes', -1)).toBe(length === 0 ? null : String(length - 1));
  client.disconnect();
  return length;
}
