/**
 * Redis Streams as the lab runs them: a stream per lane, one group that counts, leases on lanes.
 */
import { Redis, type RedisOptions } from 'ioredis';
import { openRedisStreamsConsumer } from '../consumers/redis-streams.ts';
import { openRedisStreamsProducer } from '../producers/redis-streams.ts';
import type { Backlog, Broker, Connection, ParkedMessage } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import type { Settings } from './servers/server.ts';

const GROUP = 'like-counters';
/** How long the server may take to answer an administrative request. */
const ANSWER_TIMEOUT_MS = 10_000;
/** How many times a refused connection is tried again before the broker counts as unreachable. */
const CONNECT_TRIES_MAX = 5;

/**
 * Redis 6.2 does not tell a group's lag, so the entries behind its position are counted from the
 * front: consumers trim what is acknowledged, so few entries stand at or before that position.
 */
const WAITING = `
local waiting, pending = 0, 0
for lane = 1, #KEYS do
  local group = redis.call('XINFO', 'GROUPS', KEYS[lane])[1]
  local facts = {}
  for i = 1, #group, 2 do facts[group[i]] = group[i + 1] end
  local given = #redis.call('XRANGE', KEYS[lane], '-', facts['last-delivered-id'])
  waiting = waiting + redis.call('XLEN', KEYS[lane]) - given
  pending = pending + facts['pending']
end
return {waiting, pending}`;

/** Connects one administrative connection; rejects with BROKER_UNREACHABLE when nobody answers. */
export async function openRedisStreamsBroker(connection: Connection): Promise<Broker> {
  const [host, port] = connection.address.split(':');
  const client: RedisOptions = { host: host!, port: Number(port) };
  const redis = new Redis({
    ...client,
    maxRetriesPerRequest: CONNECT_TRIES_MAX,
    commandTimeout: ANSWER_TIMEOUT_MS,
    lazyConnect: true,
  });
  redis.on('error', () => undefined); // Every request reports its own failure.
  await redis.ping().catch((cause: unknown) => {
    redis.disconnect();
    throw BrokerError.unreachable('redis-streams', connection.address, cause);
  });

  const lanesOf = async (queue: string): Promise<number> => {
    const lanes = Number(await redis.get(`${queue}:lanes`));
    if (lanes > 0) return lanes;
    throw BrokerError.refused('redis-streams', `queue ${queue}`, 'there is no such queue');
  };
  const streamsOf = (queue: string, lanes: number): string[] =>
    Array.from({ length: lanes }, (_, lane) => `${queue}:${lane}`);

  async function backlog(queue: string): Promise<Backlog> {
    const lanes = await lanesOf(queue);
    const counted = await redis.eval(WAITING, lanes, ...streamsOf(queue, lanes));
    const [waiting, unacknowledged] = counted as [number, number];
    return { waiting, unacknowledged, parked: await redis.xlen(`${queue}:dead`) };
  }

  return {
    name: 'redis-streams',
    tier: connection.tier,
    promises: {
      order: 'per-post',
      delivery: 'at-least-once',
      source: 'redis.io/docs/latest/develop/data-types/streams/',
    },
    habits: { likesPerSend: 500, sendsInFlight: 2 },
    async createQueue(queue, { lanes }) {
      if ((await redis.setnx(`${queue}:lanes`, lanes)) === 0) {
        throw BrokerError.refused('redis-streams', `queue ${queue}`, 'it is there already');
      }
      for (const stream of streamsOf(queue, lanes)) {
        await redis.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM');
      }
    },
    async deleteQueue(queue) {
      const lanes = Number(await redis.get(`${queue}:lanes`));
      const names = ['lanes', 'dead', 'consumers', 'owners'].map((name) => `${queue}:${name}`);
      await redis.unlink(...names, ...streamsOf(queue, lanes));
    },
    async openProducer(queue) {
      return openRedisStreamsProducer({ client, queue, lanes: await lanesOf(queue) });
    },
    async openConsumer(queue, handleLikes) {
      const lanes = await lanesOf(queue);
      return openRedisStreamsConsumer({ client, queue, lanes, group: GROUP }, handleLikes);
    },
    backlog,
    async parked(queue): Promise<ParkedMessage[]> {
      const entries = await redis.xrange(`${queue}:dead`, '-', '+');
      return entries.map(([, fields]) => {
        const field = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
        return { text: field('like'), reason: field('reason') };
      });
    },
    reclaim: () => rewriteGrownFile(redis),
    settings: () => readSettings(redis),
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

/** From this growth over its last rewrite on, rewriting the append-only file is worth its while. */
const REWRITE_GROWTH = 2;

/** Consumers trim their streams by themselves; what grows is the append-only file. */
async function rewriteGrownFile(redis: Redis): Promise<void> {
  const persistence = await redis.info('persistence');
  const fact = (name: string) =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(persistence)?.[1] ?? 0);
  if (fact('aof_enabled') === 0 || fact('aof_rewrite_in_progress') === 1) return;
  const isGrown = fact('aof_current_size') > REWRITE_GROWTH * fact('aof_base_size');
  if (isGrown) await redis.bgrewriteaof();
}

/** The settings that decide what an acknowledgement means, and what a full memory does. */
const SETTINGS_READ = [
  'appendonly',
  'appendfsync',
  'save',
  'auto-aof-rewrite-percentage',
  'auto-aof-rewrite-min-size',
  'maxmemory',
  'maxmemory-policy',
  'stream-node-max-entries',
];

async function readSettings(redis: Redis): Promise<Settings> {
  const settings: Record<string, string> = {};
  for (const name of SETTINGS_READ) {
    const [, value] = (await redis.config('GET', name)) as string[];
    settings[name] = value ?? '';
  }
  const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1];
  return { ...settings, 'redis version': version ?? 'not told' };
}
