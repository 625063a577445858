/** Clients of gateways that nobody here wrote: they know HTTP, and give likes one after another. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Given {
  readonly user: string;
  readonly post: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly number: { readonly source: string; readonly seq: number } | undefined;
  /** Undefined when there was no answer: then nobody knows. */
  readonly mayHaveBeenStored: boolean | undefined;
  readonly url: string;
}

export interface ClientsOptions {
  readonly urls: readonly string[];
  readonly clients: number;
  readonly posts: number;
}

/** After an answer that is no 202, as Retry-After would say, but in a test's time. */
const RETRY_MS = 20;
const ANSWER_MS_MAX = 20_000;

/** Each like has a user of its own, and is given once, whatever becomes of it. */
export class GatewayClients {
  readonly given: Given[] = [];
  #isStopped = false;
  #users = 0;
  readonly #running: Promise<void>[];

  constructor({ urls, clients, posts }: ClientsOptions) {
    this.#running = Array.from({ length: clients }, (_, client) =>
      this.#run(urls[client % urls.length]!, posts),
    );
  }

  async #run(url: string, posts: number): Promise<void> {
    while (!this.#isStopped) {
      const user = `u-${this.#users++}`;
      const one = await giveOne(url, user, `p-${this.#users % posts}`);
      this.given.push(one);
      if (one.status !== 202) await sleep(RETRY_MS);
    }
  }

  with(status: number, from = 0): Given[] {
    return this.given.slice(from).filter((one) => one.status === status);
  }

  /** Resolves when every like that was given has its answer. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }
}

async function giveOne(url: string, user: string, post: string): Promise<Given> {
  try {
    const response = await fetch(`${url}/likes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, post, action: 'like', version: 1 }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const body = (await response.json()) as Given['number'] & Pick<Given, 'mayHaveBeenStored'>;
    const { status } = response;
    const { mayHaveBeenStored } = body;
    return {
      user,
      post,
      status,
      number: status === 202 ? body : undefined,
      mayHaveBeenStored,
      url,
    };
  } catch {
    return { user, post, status: 0, number: undefined, mayHaveBeenStored: undefined, url };
  }
}
