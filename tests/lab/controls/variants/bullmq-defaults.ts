/**
 * Wrong: BullMQ's defaults. A job is tried once, so that every like that meets an outage of the
 * store goes to the failed set; and a job that was in the hands of two dying consumers goes there
 * as well, since `maxStalledCount` is 1. Wrongly parked: all of them could be counted.
 */
import { Queue, type RedisOptions, Worker } from 'bullmq';
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import { redisOptionsOf } from '../../../../brokers/redis-options.ts';
import {
  encodeLike,
  gatherMessages,
  type HandleLikes,
  type LikeConsumer,
  type LikeProducer,
  SendError,
} from '../../../../likes/like.ts';
import { alteredBroker } from './altered-broker.ts';

const CONCURRENCY = 200;
const GATHER = { messagesMax: CONCURRENCY, lingerMs: 1 };
/** By default 30 s each, which only makes whoever waits for stalled jobs wait longer. */
const LOCK_MS = 2_000;
const STALLED_CHECK_MS = 1_000;

/** `entry` is bullmq; producer and consumer set nothing of what a job may meet. */
export function bullmqDefaults(entry: BrokerEntry): BrokerEntry {
  return alteredBroker(entry, (_, connection) => ({
    openProducer: (queue) => openProducer(redisOptionsOf(connection), queue),
    openConsumer: (queue, handleLikes) =>
      openConsumer(redisOptionsOf(connection), queue, handleLikes),
  }));
}

async function openProducer(client: RedisOptions, name: string): Promise<LikeProducer> {
  const queue = new Queue(name, {
    connection: { ...client, maxRetriesPerRequest: 0, enableOfflineQueue: false },
  }).on('error', () => undefined); // Each send reports its own failure.
  await queue.waitUntilReady();
  return {
    async send(likes) {
      try {
        await queue.addBulk(likes.map((like) => ({ name: 'like', data: encodeLike(like) })));
      } catch (error) {
        throw new SendError(
          likes.map(() => 'unknown'),
          error,
        );
      }
    },
    [Symbol.asyncDispose]: () => queue.close(),
  };
}

async function openConsumer(
  client: RedisOptions,
  queue: string,
  handleLikes: HandleLikes,
): Promise<LikeConsumer> {
  const gathered = gatherMessages(handleLikes, GATHER);
  const worker = new Worker<string>(
    queue,
    async ({ data }) => {
      const [refusal] = await gathered([data]);
      if (refusal !== undefined) throw new Error(refusal.reason);
    },
    {
      connection: { ...client, maxRetriesPerRequest: null },
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      drainDelay: 0.5,
      // Counted jobs would fill the memory of the server; whether they are kept loses nothing.
      removeOnComplete: { count: 0 },
    },
  ).on('error', () => undefined); // BullMQ goes on by itself.
  await worker.waitUntilReady();
  const stop = () => worker.close();
  return { stop, failed: new Promise<never>(() => {}), [Symbol.asyncDispose]: stop };
}
