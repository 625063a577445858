/**
 * Redis Streams as the lab runs them: a stream per lane, one group that counts, leases on lanes.
 */
import { crc32 } from 'node:zlib';
import type { ChainableCommander } from 'ioredis';
import { LEASE_S, openRedisStreamsConsumer } from '../consumers/redis-streams.ts';
import { decodeLike, NotALikeError } from '../likes/like.ts';
import { ANSWER_TIMEOUT_MS, openRedisStreamsProducer } from '../producers/redis-streams.ts';
import type { Backlog, Broker, Connection, OpenOwnConsumer, ParkedMessage } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import { redisOptionsOf } from './redis-options.ts';
import { connectRedis, limitMemory, readRedisSettings, rewriteGrownFile } from './redis-server.ts';

const GROUP = 'like-counters';
/** Dead letters that are moved back at a time. */
const REDRIVE_CHUNK_MAX = 500;

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

const streamsOf = (queue: string, lanes: number): string[] =>
  Array.from({ length: lanes }, (_, lane) => `${queue}:${lane}`);

/** Connects one administrative connection; rejects with BROKER_UNREACHABLE when nobody answers. */
export async function openRedisStreamsBroker(
  connection: Connection,
  own?: OpenOwnConsumer,
): Promise<Broker> {
  const openConsumer = (own ?? openRedisStreamsConsumer) as typeof openRedisStreamsConsumer;
  const client = redisOptionsOf(connection);
  const redis = await connectRedis('redis-streams', connection);

  const lanesOf = async (queue: string): Promise<number> => {
    const lanes = Number(await redis.get(`${queue}:lanes`));
    if (lanes > 0) return lanes;
    throw BrokerError.refused('redis-streams', `queue ${queue}`, 'there is no such queue');
  };

  async function backlog(queue: string): Promise<Backlog> {
    const lanes = await lanesOf(queue);
    const counted = await redis.eval(WAITING, lanes, ...streamsOf(queue, lanes));
    const [waiting, unacknowledged] = counted as [number, number];
    return { waiting, unacknowledged, parked: await redis.xlen(deadOf(queue)) };
  }

  async function redriveSome(queue: string, lanes: number, count: number): Promise<number> {
    const letters = await redis.xrange(deadOf(queue), '-', '+', 'COUNT', count);
    const sends = redis.pipeline();
    for (const [, fields] of letters) {
      const text = fieldOf(fields, 'like');
      sends.xadd(`${queue}:${laneOf(text, lanes)}`, '*', 'like', text);
    }
    await allDone(sends);
    if (letters.length > 0) await redis.xdel(deadOf(queue), ...letters.map(([id]) => id));
    return letters.length;
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
    timeoutsMs: { lease: LEASE_S * 1_000, answer: ANSWER_TIMEOUT_MS },
    hasQueue: async (queue) => (await redis.exists(`${queue}:lanes`)) === 1,
    async createQueue(queue, { lanes, service }) {
      BrokerError.refuseService('redis-streams', service);
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
    openProducer: async (queue) =>
      openRedisStreamsProducer({ client, queue, lanes: await lanesOf(queue) }),
    openConsumer: async (queue, handleLikes) =>
      openConsumer({ client, queue, lanes: await lanesOf(queue), group: GROUP }, handleLikes),
    backlog,
    async parked(queue): Promise<ParkedMessage[]> {
      const entries = await redis.xrange(deadOf(queue), '-', '+');
      return entries.map(([, fields]) => {
        return { text: fieldOf(fields, 'like'), reason: fieldOf(fields, 'reason') };
      });
    },
    async post(queue, texts) {
      await lanesOf(queue);
      for (const text of texts) {
        await redis.xadd(`${queue}:0`, '*', 'like', text).catch((error: Error) => {
          if (error.name !== 'ReplyError') throw error;
          throw BrokerError.messageRefused('redis-streams', text, error);
        });
      }
    },
    async redrive(queue, { max = Number.POSITIVE_INFINITY } = {}) {
      const lanes = await lanesOf(queue);
      const total = Math.min(max, await redis.xlen(deadOf(queue)));
      let redriven = 0;
      while (redriven < total) {
        const count = Math.min(total - redriven, REDRIVE_CHUNK_MAX);
        const moved = await redriveSome(queue, lanes, count);
        if (moved === 0) break; // Somebody else was faster.
        redriven += moved;
      }
      return { redriven };
    },
    limitMemory: limitMemory(redis),
    reclaim: () => rewriteGrownFile(redis),
    settings: () => readRedisSettings(redis, ['stream-node-max-entries']),
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

const deadOf = (queue: string): string => `${queue}:dead`;

function fieldOf(fields: readonly string[], name: string): string {
  return fields[fields.indexOf(name) + 1] ?? '';
}

/** As producers choose it; what is no like has no post and goes to the first. */
function laneOf(text: string, lanes: number): number {
  try {
    return crc32(decodeLike(text).post) % lanes;
  } catch (error) {
    if (!(error instanceof NotALikeError)) throw error;
    return 0;
  }
}

/** `exec` resolves even when commands failed; rejects with the first error among them. */
async function allDone(commands: ChainableCommander): Promise<void> {
  for (const [error] of (await commands.exec()) ?? []) {
    if (error) throw error;
  }
}
