/** Runs small Lua scripts on a Redis that gateways share. */
import type { RedisOptions } from 'ioredis';
import { within } from './circuit.ts';

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
 * Resolves when it is connected, or has tried for a while: a Redis that is away, now or later, is
 * the callers' affair, who have an answer to that. It connects again for ever. Commands are neither
 * kept for later nor sent twice.
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
  const ready = new Promise((resolve) => redis.once('ready', resolve));
  await within(CONNECT_MS_MAX, () => ready).catch(() => undefined);
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
