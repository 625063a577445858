/**
 * Sends likes to a BullMQ queue on Redis with bullmq 6: one job a like.
 *
 * Promise: when `send` resolves, every like is a job in Redis. What that survives is the server's
 * setting: nothing without an append-only file (AOF), the death of the process with one, a power
 * cut only with `appendfsync always`. BullMQ keeps no order for consumers that run jobs side by
 * side. After an error the likes are `unknown`: sending them again is safe only if the counting
 * side counts each (source, seq) once.
 *
 * The settings it rests on:
 * - `attempts` without a bound, at a fixed pause: by default a job is tried once, so an outage of
 *   the store would put every job of that time into the failed set. What can never be counted is
 *   put there by the consumer, whatever its attempts.
 * - `removeOnComplete`: by default Redis keeps every completed job, until its memory is full.
 * - `stackTraceLimit: 0`: by default each failed try adds its stack trace to the job.
 * - no `jobId` of our own. A job whose id is there already is ignored in silence, which drops a
 *   second send of a like only while the first is still a job: once counted, it is gone, and the
 *   store has to know it anyway. An id may not be all digits nor contain a colon.
 * - `maxRetriesPerRequest: 0`: when the connection breaks, jobs under way reject at once. By
 *   default ioredis sends them again by itself, which doubles likes without any error.
 * - `enableOfflineQueue: false`: while the connection is down `send` rejects; by default jobs wait
 *   in memory without a bound, and their latency hides there.
 */
import { Queue, type RedisOptions } from 'bullmq';
import { encodeLike, type LikeProducer, SendError } from '../likes/like.ts';

export interface BullmqProducerOptions {
  /** Address, TLS and password, as ioredis takes them. */
  readonly client: RedisOptions;
  readonly queue: string;
}

/** The pause between two tries of a job during an outage of the store. */
const RETRY_PAUSE_MS = 500;
const ATTEMPTS_MAX = 1_000_000_000;
/** A connection on which an answer is this late is closed, which settles what waits on it. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** Between two tries to connect, and to ask a server that is still reading its file. By default
 * these pauses grow to 20 and 10 s, so a restart of 1 s would stop the likes for longer. */
const RECONNECT_PAUSE_MS = 250;

/** Connects, or rejects when the server does not answer. */
export async function openBullmqProducer(options: BullmqProducerOptions): Promise<LikeProducer> {
  const queue = new Queue(options.queue, {
    connection: {
      ...options.client,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      socketTimeout: ANSWER_TIMEOUT_MS,
      retryStrategy: () => RECONNECT_PAUSE_MS,
      maxLoadingRetryTime: RECONNECT_PAUSE_MS,
    },
    defaultJobOptions: {
      attempts: ATTEMPTS_MAX,
      backoff: { type: 'fixed', delay: RETRY_PAUSE_MS },
      removeOnComplete: true,
      stackTraceLimit: 0,
    },
  });
  // Without force it says goodbye first, and that rejects while the connection is down.
  const close = () => queue.getBackend().close(true);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // Once it is open, each send reports its own failure.
  queue.on('error', failed.reject);
  await Promise.race([queue.waitUntilReady(), failed.promise]).catch(async (error: unknown) => {
    await close();
    throw error;
  });

  const sending = new Set<Promise<unknown>>();
  return {
    async send(likes, headersOf) {
      const jobs = likes.map((like, index) => {
        const headers = headersOf?.(index);
        const opts = headers && { telemetry: { metadata: JSON.stringify(headers) } };
        return { name: 'like', data: encodeLike(like), ...(opts && { opts }) };
      });
      const sent = queue.addBulk(jobs);
      sending.add(sent);
      try {
        await sent;
      } catch (error) {
        // It tells the first error of all jobs; those before it and after it may be in the queue.
        throw new SendError(
          likes.map(() => 'unknown'),
          error,
        );
      } finally {
        sending.delete(sent);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(sending);
      await close();
    },
  };
}
