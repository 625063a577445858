/** What both Redis brokers ask of their server, whatever they keep there. */
import { Redis } from 'ioredis';
import type { Connection } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import { redisOptionsOf } from './redis-options.ts';
import type { Settings } from './servers/server.ts';

/** How long the server may take to answer an administrative request. */
const ANSWER_TIMEOUT_MS = 10_000;
/** How many times a refused connection is tried again before the broker counts as unreachable. */
const CONNECT_TRIES_MAX = 5;

/** A connection for administration; rejects with BROKER_UNREACHABLE when nobody answers. */
export async function connectRedis(broker: string, connection: Connection): Promise<Redis> {
  const redis = new Redis({
    ...redisOptionsOf(connection),
    maxRetriesPerRequest: CONNECT_TRIES_MAX,
    commandTimeout: ANSWER_TIMEOUT_MS,
    lazyConnect: true,
  });
  redis.on('error', () => undefined); // Every request reports its own failure.
  await redis.ping().catch((cause: unknown) => {
    redis.disconnect();
    throw BrokerError.unreachable(broker, connection.address, cause);
  });
  return redis;
}

/** From this growth over its last rewrite on, rewriting the append-only file is worth its while. */
const REWRITE_GROWTH = 2;

/** Consumers free the memory of what they have counted; what grows is the append-only file. */
export async function rewriteGrownFile(redis: Redis): Promise<void> {
  const persistence = await redis.info('persistence');
  const fact = (name: string) =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(persistence)?.[1] ?? 0);
  if (fact('aof_enabled') === 0 || fact('aof_rewrite_in_progress') === 1) return;
  const isGrown = fact('aof_current_size') > REWRITE_GROWTH * fact('aof_base_size');
  // Whoever runs Redis as a service looks after the file, and refuses this.
  if (isGrown) await unlessRefused(redis.bgrewriteaof());
}

const NOT_TOLD = 'not told';

/** The settings that decide what an acknowledgement means, and what a full memory does. */
const SETTINGS_READ = [
  'appendonly',
  'appendfsync',
  'save',
  'auto-aof-rewrite-percentage',
  'auto-aof-rewrite-min-size',
  'maxmemory',
  'maxmemory-policy',
];

/** `more`: settings that matter to this broker only. `not told` where CONFIG is forbidden. */
export async function readRedisSettings(
  redis: Redis,
  more: readonly string[] = [],
): Promise<Settings> {
  const settings: Record<string, string> = {};
  for (const name of [...SETTINGS_READ, ...more]) {
    const answer = (await unlessRefused(redis.config('GET', name))) as string[] | undefined;
    settings[name] = answer?.[1] ?? NOT_TOLD;
  }
  const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1];
  return { ...settings, 'redis version': version ?? NOT_TOLD };
}

/** Undefined when the server answers with an error; a broken connection still rejects. */
function unlessRefused<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  return answer.catch((error: Error) => {
    if (error.name !== 'ReplyError') throw error;
    return undefined;
  });
}
