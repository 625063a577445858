/** What all contests share: the likes, a folder, real servers, and the end of all of it. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Broker } from '../brokers/broker.ts';
import { BROKERS } from '../brokers/index.ts';
import { startLocalServer } from '../brokers/servers/local/index.ts';
import { openRunFolder, type RunFolder, reapDeadRuns } from '../brokers/servers/local/runs.ts';
import type { Tier } from '../brokers/servers/server.ts';
import { LANES_DEFAULT } from '../lab/trial-plan.ts';

/** A broker on a server that nobody else uses. Disposing it ends the server. */
export interface RunningBroker extends AsyncDisposable {
  readonly name: string;
  readonly tier: Tier;
  readonly address: string;
  readonly broker: Broker;
}

/** One run of the bench. Disposing it ends what still runs and removes the folder. */
export class Stage implements AsyncDisposable {
  readonly likes: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly #folder: RunFolder;
  readonly #shared: { kafka?: Promise<RunningBroker> };

  private constructor(
    options: { likes: number; signal: AbortSignal; log: (line: string) => void },
    folder: RunFolder,
    shared: { kafka?: Promise<RunningBroker> } = {},
  ) {
    this.likes = options.likes;
    this.signal = options.signal;
    this.log = options.log;
    this.#folder = folder;
    this.#shared = shared;
  }

  static async open(options: {
    likes: number;
    signal: AbortSignal;
    log: (line: string) => void;
  }): Promise<Stage> {
    await reapDeadRuns(options.log);
    return new Stage(options, await openRunFolder());
  }

  /** The same stage for a contest whose queue is slower: fewer likes, the same servers. */
  sized(likes: number): Stage {
    return new Stage({ likes, signal: this.signal, log: this.log }, this.#folder, this.#shared);
  }

  /** A path in the run folder that nobody has used before. */
  newPath(name: string): string {
    return join(this.#folder.path, `${name}-${randomBytes(5).toString('hex')}`);
  }

  /** A server of its own for one side, with nothing in it; the default tier unless told. */
  async freshBroker(name: string, wanted?: Tier): Promise<RunningBroker> {
    const { server: serverName, tiers, open } = BROKERS[name]!;
    const tier = wanted ?? tiers[0]!;
    const folder = this.#folder.path;
    await using stack = new AsyncDisposableStack();
    const { address } = stack.use(
      await startLocalServer(serverName, { tier, folder, log: this.log }),
    );
    const broker = stack.use(await open({ address, tier }));
    const held = stack.move();
    return { name, tier, address, broker, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  /** One Kafka for the whole bench, since a JVM that has just started is another, slower server. */
  sharedKafka(): Promise<RunningBroker> {
    this.#shared.kafka ??= this.freshBroker('kafka');
    return this.#shared.kafka;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [kafka] = await Promise.allSettled([this.#shared.kafka]);
    if (kafka.status === 'fulfilled') await kafka.value?.[Symbol.asyncDispose]();
    await this.#folder.remove();
  }
}

/** Creates an empty queue and deletes it when disposed. */
export async function openQueue({ broker }: RunningBroker) {
  const queue = `bench-${randomBytes(5).toString('hex')}`;
  await broker.createQueue(queue, { lanes: LANES_DEFAULT });
  return { name: queue, [Symbol.asyncDispose]: () => broker.deleteQueue(queue) };
}
