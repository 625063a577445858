/** What both Redis brokers ask of their server, whatever they keep there. */
import { Redis } from 'ioredis';
import type { Connection, MemoryLimit } from './broker.ts';
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

/** From this major version on, a refused script counts by its error. */
const SCRIPTS_COUNTED_FROM_VERSION = 7;

/** What a server that keeps everything says of its memory: see `limitMemory` in broker.ts. */
export function limitMemory(redis: Redis): (bytesMore?: number) => Promise<MemoryLimit> {
  let before: string | undefined;

  return async (bytesMore) => {
    const [, policy] = (await redis.config('GET', 'maxmemory-policy')) as string[];
    if (policy !== 'noeviction') {
      throw new BrokerError(
        'BROKER_REFUSED',
        `redis with maxmemory-policy ${policy} throws likes away when its memory is limited; ` +
          'set noeviction',
      );
    }
    before ??= ((await redis.config('GET', 'maxmemory')) as string[])[1]!;
    const used = await memoryUsed(redis);
    const limit = bytesMore === undefined ? before : String(Math.max(1, used + bytesMore));
    await redis.config('SET', 'maxmemory', limit);
    const [, limitBytes] = (await redis.config('GET', 'maxmemory')) as string[];
    return {
      limitBytes: Number(limitBytes),
      usedBytes: await memoryUsed(redis),
      refused: await refusedForMemory(redis),
    };
  };
}

async function memoryUsed(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))![1]);
}

/**
 * Before Redis 7 a script that is refused for want of memory counts as failed, and not by its
 * error; scripts that failed for being unknown are told apart.
 */
async function refusedForMemory(redis: Redis): Promise<number> {
  const told = [await redis.info('errorstats'), await redis.info('commandstats')].join('\n');
  const count = (name: string) => Number(new RegExp(`^${name}=(\\d+)`, 'm').exec(told)?.[1] ?? 0);
  const refused = count('errorstat_OOM:count');
  const version = /^redis_version:(\d+)/m.exec(await redis.info('server'))?.[1];
  if (Number(version) >= SCRIPTS_COUNTED_FROM_VERSION) return refused;
  const failed = count('cmdstat_eval:.*failed_calls') + count('cmdstat_evalsha:.*failed_calls');
  return refused + Math.max(0, failed - count('errorstat_NOSCRIPT:count'));
}

/** Undefined when the server answers with an error; a broken connection still rejects. */
function unlessRefused<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  return answer.catch((error: Error) => {
    if (error.name !== 'ReplyError') throw error;
    return undefined;
  });
}
