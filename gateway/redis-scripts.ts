/** Runs small Lua scripts on a Redis that gateways share. */
import type { RedisOptions } from 'ioredis';

export interface Script {
  readonly name: string;
  readonly keys: number;
  readonly lua: string;
}

export interface RedisScripts extends AsyncDisposable {
  /** Rejects at once while there is no connection. */
  run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown>;
}

/** Between two tries to connect. */
const RECONNECT_PAUSE_MS = 250;
const CONNECT_MS_MAX = 2_000;
/** A connection on which an answer is this late is closed. */
const SILENCE_MS_MAX = 5_000;

/**
 * Connects in the background and again for ever: a Redis that is away now is the callers' affair,
 * who have an answer to that. Commands are neither kept for later nor sent twice.
 */
export async function openRedisScripts(options: RedisOptions): Promise<RedisScripts> {
  const { Redis } = await import('ioredis');
  const redis = new Redis({
    ...options,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    connectTimeout: CONNECT_MS_MAX,
    socketTimeout: SILENCE_MS_MAX,
    retryStrategy: () => RECONNECT_PAUSE_MS,
  });
  // Each call reports its own failure; without a listener ioredis prints connection errors as well.
  redis.on('error', () => undefined);
  const defined = new Set<string>();
  return {
    run({ name, keys: numberOfKeys, lua }, keys, args) {
      if (!defined.has(name)) redis.defineCommand(name, { numberOfKeys, lua });
      defined.add(name);
      type Run = (...words: (string | number)[]) => Promise<unknown>;
      return (redis as unknown as Record<string, Run>)[name]!(...keys, ...args);
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
}
