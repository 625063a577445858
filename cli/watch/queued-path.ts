/** A gateway's side of its queue's path: what it tells of it, and what it puts into the sums. */
import type { Broker } from '../../brokers/broker.ts';
import type { LikeProducer } from '../../likes/like.ts';
import { keepingPublished } from './kept-sums.ts';
import { openSums, readSums } from './path-sums.ts';
import { PathWatch } from './path-watch.ts';

export class QueuedPath implements AsyncDisposable {
  readonly watch: PathWatch;
  /** Who numbers the likes here: known once the gateway is open. No like before that is kept. */
  source: string | undefined;
  readonly #sums: Awaited<ReturnType<typeof openSums>>;

  private constructor(watch: PathWatch, sums: Awaited<ReturnType<typeof openSums>>) {
    this.watch = watch;
    this.#sums = sums;
  }

  /** @param folder of the store that the queue is counted into */
  static async open(broker: Broker, queue: string, folder: string): Promise<QueuedPath> {
    const path = { system: broker.name, destination: queue };
    const watch = new PathWatch({
      backlogOf: () => broker.backlog(queue),
      sums: () => readSums(folder, path),
    });
    return new QueuedPath(watch, await openSums(folder, path));
  }

  /** The same producer, of which the sums hear. */
  keeping(producer: LikeProducer): LikeProducer {
    return keepingPublished(producer, this.#sums, (source) => source === this.source);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sums[Symbol.asyncDispose]();
  }
}
