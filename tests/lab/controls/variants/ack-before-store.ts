/**
 * Wrong: likes are acknowledged as soon as they are in memory, and stored a moment later. What is
 * in memory when the consumer dies is gone from the queue and in no store. Lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import type { HandleLikes, Like, LikeConsumer } from '../../../../likes/like.ts';
import { alteredBroker } from './altered-broker.ts';

/** How long likes are gathered in memory before they are stored together. */
const FLUSH_INTERVAL_MS = 50;
/** From here on the consumer waits for the store, so that memory has a bound. */
const LIKES_IN_MEMORY_MAX = 10_000;

/** Any broker, with its own consumer: what is wrong is the handler that it is given. */
export function ackBeforeStore(entry: BrokerEntry): BrokerEntry {
  return alteredBroker(entry, (broker) => ({
    async openConsumer(queue, handleLikes): Promise<LikeConsumer> {
      const memory = new LikesInMemory(handleLikes);
      const consumer = await broker.openConsumer(queue, (likes) => memory.take(likes));
      const stop = async () => {
        await consumer.stop();
        await memory.flushed();
      };
      return {
        failed: Promise.race([consumer.failed, memory.failed]),
        stop,
        [Symbol.asyncDispose]: stop,
      };
    },
  }));
}

class LikesInMemory {
  readonly #store: HandleLikes;
  readonly #failed = Promise.withResolvers<never>();
  #waiting: Like[] = [];
  #flushing: Promise<void> | undefined;

  constructor(store: HandleLikes) {
    this.#store = store;
    this.#failed.promise.catch(() => undefined); // It may fail before anybody listens.
  }

  /** Rejects when a flush has failed: whoever flushes on a timer has nobody else to tell. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  async take(likes: readonly Like[]): Promise<void> {
    this.#waiting.push(...likes);
    this.#flushing ??= this.#flush();
    if (this.#waiting.length > LIKES_IN_MEMORY_MAX) await this.#flushing;
  }

  async flushed(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await sleep(FLUSH_INTERVAL_MS);
        await this.#store(this.#waiting.splice(0));
      }
    } catch (error) {
      this.#failed.reject(error);
    } finally {
      this.#flushing = undefined;
    }
  }
}
