/**
 * Counts likes from a BullMQ queue on Redis with bullmq 6, many jobs side by side.
 *
 * Promise: at least once, in no order. Jobs overtake each other, and one that is tried again or
 * taken over comes late: even `concurrency: 1` keeps the order only while neither happens. A job is
 * completed only after `handleLikes` has stored its like, so a crash at any moment delivers likes
 * again and loses none. They are counted once only if `handleLikes` knows which it has seen.
 *
 * Proved by `npm run faults`, a row for each fault in results/README.md: of what was acknowledged
 * nothing is lost, and nothing counted twice, when the server (with `appendonly yes`), a consumer
 * or a producer is killed, a consumer sleeps through its locks, the network is cut, or the store
 * fails half-way. A power cut is survived with `appendfsync always` only.
 *
 * The settings it rests on:
 * - BullMQ hands out one job at a time; all that are in hand go to `handleLikes` together.
 * - an outage of the store parks no job, whatever `attempts` its sender gave it: by default a job
 *   is tried once. What can never be counted goes to the failed set with its reason, by
 *   `UnrecoverableError`, and stays there whatever its sender said of `removeOnFail`.
 * - `maxStalledCount`: by default a job that was in the hands of two dying consumers is parked.
 * - a short lock: by default the jobs of a dead consumer come back after 30 to 60 s.
 * - `removeOnComplete`: by default Redis keeps all completed jobs, until its memory is full.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Job, type RedisOptions, UnrecoverableError, Worker } from 'bullmq';
import { gatherMessages, type HandleLikes, type LikeConsumer } from '../likes/like.ts';

export interface BullmqConsumerOptions {
  /** Address, TLS and password, as ioredis takes them. */
  readonly client: RedisOptions;
  readonly queue: string;
}

/** Jobs in hand, and so the most likes of one call of `handleLikes`. Fewer make more and smaller
 * store transactions; more leave less to other consumers, and more to a crash. */
const CONCURRENCY = 200;
const GATHER = { messagesMax: CONCURRENCY, lingerMs: 1 };

/** The jobs of a dead consumer go to another once their locks, renewed every half of this time,
 * have run out, at the next check: 10 to 15 s after the crash. */
export const LOCK_MS = 10_000;
export const STALLED_CHECK_MS = 5_000;

/** An outage keeps its jobs in hand for a moment, so that not all that waits is tried at once, and
 * then lets them go, so that a consumer which reaches the store can have them. */
const OUTAGE_PAUSE_MS = 1_000;
const RETRY_PAUSE_MS = 500;
const WITHOUT_BOUND = 1_000_000_000;
/** Holds for every job, whoever added it. Each failed try would add its stack trace to the job. */
const JOB_OPTIONS = {
  attempts: WITHOUT_BOUND,
  backoff: { type: 'fixed', delay: RETRY_PAUSE_MS },
  removeOnComplete: true,
  removeOnFail: false,
  stackTraceLimit: 0,
};

/** Between two tries to connect, and to ask a server that is still reading its file. By default
 * these pauses grow to 20 and 10 s, so a restart of 1 s would stop the counting for longer. */
const CONNECT = { retryStrategy: () => 250, maxLoadingRetryTime: 250 };
/** A connection that is silent for longer than the longest blocking read, 10 s, is opened again.
 * What was under way on it is sent again: BullMQ wants no limit on that. */
const CONNECTION = { ...CONNECT, maxRetriesPerRequest: null, socketTimeout: 15_000 };
/** An idle consumer asks this often, which is when it notices `stop`. */
const DRAIN_DELAY_S = 0.5;

/** With nothing in hand, `stop` waits this long for the server to hear of what was. */
const GOODBYE_LIMIT_MS = 5_000;
const GOODBYE_POLL_MS = 20;

/** Resolves when the consumer is connected and takes jobs; rejects when it cannot connect. */
export async function openBullmqConsumer(
  options: BullmqConsumerOptions,
  handleLikes: HandleLikes,
): Promise<LikeConsumer> {
  const gathered = gatherMessages(handleLikes, GATHER);
  let inHand = 0;

  async function store(job: Job<unknown>): Promise<void> {
    Object.assign(job.opts, JOB_OPTIONS);
    inHand += 1;
    try {
      const text = typeof job.data === 'string' ? job.data : JSON.stringify(job.data);
      const [refusal] = await gathered([text], () => job.opts.telemetry?.metadata);
      if (refusal !== undefined) throw new UnrecoverableError(refusal.reason);
    } catch (error) {
      if (!(error instanceof UnrecoverableError)) await pause(OUTAGE_PAUSE_MS);
      throw error;
    } finally {
      inHand -= 1;
    }
  }

  const worker = new Worker<unknown>(options.queue, store, {
    connection: { ...options.client, ...CONNECTION },
    concurrency: CONCURRENCY,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: WITHOUT_BOUND,
    drainDelay: DRAIN_DELAY_S,
  });

  /** Not `worker.close()` alone: while the server is away, that waits for it without a bound. */
  async function close(): Promise<void> {
    await worker.pause(true);
    for (let waitedMs = 0; worker.isRunning() && waitedMs < GOODBYE_LIMIT_MS; ) {
      await pause(GOODBYE_POLL_MS);
      waitedMs = inHand > 0 ? 0 : waitedMs + GOODBYE_POLL_MS;
    }
    await worker.close(true);
  }

  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // It may fail before anybody listens.
  let hopeless = /^/; // Until it is open, any error is.
  worker.on('error', (error) => {
    if (hopeless.test(error.message)) failed.reject(error);
  });
  await Promise.race([worker.waitUntilReady(), failed.promise]).catch(async (error: unknown) => {
    await worker.close(true);
    throw error;
  });
  // From here on it goes on by itself, unless it has no right to or a key is of another type.
  hopeless = /WRONGTYPE|NOAUTH|NOPERM|WRONGPASS/;
  let closed: Promise<void> | undefined;
  const stop = () => {
    closed ??= close();
    return closed;
  };
  return { stop, failed: failed.promise, [Symbol.asyncDispose]: stop };
}
