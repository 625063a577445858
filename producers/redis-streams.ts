/**
 * Sends likes to Redis streams with ioredis 6: one stream a lane, a post always to the same lane.
 *
 * Promise: when `send` resolves, every like is in its stream, in the order sent per post. What that
 * survives is the server's setting: nothing without an append-only file (AOF), the death of the
 * process with one, a power cut only with `appendfsync always`. After an error the likes are
 * `unknown`: sending them again is safe only if the counting side counts each (source, seq) once.
 *
 * The settings it rests on:
 * - `maxRetriesPerRequest: 0`: when the connection breaks, commands in flight reject at once.
 *   By default ioredis sends them again by itself, which doubles likes without any error.
 * - `enableOfflineQueue: false`: while the connection is down `send` rejects; by default commands
 *   wait in memory without a bound, and their latency hides there.
 * - every entry of `exec()`'s result is looked at: it resolves even when commands in it failed.
 */
import { crc32 } from 'node:zlib';
import { Redis, type RedisOptions } from 'ioredis';
import { encodeLike, type LikeProducer, SendError, type SendOutcome } from '../likes/like.ts';

export interface RedisStreamsProducerOptions {
  /** Address, TLS and password, as ioredis takes them. */
  readonly client: RedisOptions;
  /** The streams are named `<queue>:0` to `<queue>:<lanes - 1>`. */
  readonly queue: string;
  readonly lanes: number;
}

/** A connection on which an answer is this late is closed, which settles what waits on it. */
export const ANSWER_TIMEOUT_MS = 10_000;

/** Between two tries to connect, and to ask a server that is still reading its file. By default
 * these pauses grow to 5 and 10 s, so a restart of 1 s stopped the likes for up to 10 s. */
const RECONNECT_PAUSE_MS = 250;

/** Connects, or rejects when the server does not answer. */
export async function openRedisStreamsProducer(
  options: RedisStreamsProducerOptions,
): Promise<LikeProducer> {
  const client: RedisOptions = {
    ...options.client,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    socketTimeout: ANSWER_TIMEOUT_MS,
    retryStrategy: () => RECONNECT_PAUSE_MS,
    maxLoadingRetryTime: RECONNECT_PAUSE_MS,
    lazyConnect: true,
  };
  const redis = new Redis(client);
  // Each send reports its own failure; without a listener ioredis prints connection errors as well.
  redis.on('error', () => undefined);
  await redis.connect();

  const sending = new Set<Promise<unknown>>();
  return {
    async send(likes, headersOf) {
      const pipeline = redis.pipeline();
      for (const [index, like] of likes.entries()) {
        const stream = `${options.queue}:${crc32(like.post) % options.lanes}`;
        const headers = Object.entries(headersOf?.(index) ?? {}).flat();
        pipeline.xadd(stream, '*', 'like', encodeLike(like), ...headers);
      }
      const sent = pipeline.exec().catch((error: Error) => likes.map(() => [error] as const));
      sending.add(sent);
      const answers = (await sent) ?? [];
      sending.delete(sent);
      const outcomes = likes.map((_, index) => outcomeOf(answers[index]?.[0]));
      if (outcomes.every((outcome) => outcome === 'ok')) return;
      throw new SendError(outcomes, answers.find(([error]) => error)?.[0]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(sending);
      redis.disconnect();
    },
  };
}

/** An answer of the server that is an error, such as OOM, refuses the like for certain. */
function outcomeOf(error: Error | null | undefined): SendOutcome {
  if (error === null) return 'ok';
  return error?.name === 'ReplyError' ? 'fail' : 'unknown';
}
