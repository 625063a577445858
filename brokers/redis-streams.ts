/**
 * Redis Streams as the lab runs them: a stream per lane, one group that counts, leases on lanes.
 */
import { LEASE_S, openRedisStreamsConsumer } from '../consumers/redis-streams.ts';
import { ANSWER_TIMEOUT_MS, openRedisStreamsProducer } from '../producers/redis-streams.ts';
import type { Backlog, Broker, Connection, OpenOwnConsumer } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import { redisOptionsOf } from './redis-options.ts';
import { connectRedis, limitMemory, readRedisSettings, rewriteGrownFile } from './redis-server.ts';
import { deadOf, parkedOf, redriveLetters } from './redis-streams-letters.ts';
import { keysOf, leftByOthers, reread, WAITING } from './redis-streams-log.ts';

const GROUP = 'like-counters';

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

  const keepsLogOf = async (queue: string): Promise<boolean> =>
    (await redis.get(`${queue}:keeps-log`)) === '1';

  async function backlog(queue: string): Promise<Backlog> {
    const lanes = await lanesOf(queue);
    const kept = Number(await keepsLogOf(queue));
    const counted = await redis.eval(WAITING, lanes, ...streamsOf(queue, lanes), GROUP, kept);
    const [waiting, unacknowledged] = counted as [number, number];
    return { waiting, unacknowledged, parked: await redis.xlen(deadOf(queue)) };
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
    async createQueue(queue, { lanes, service, keepsLog = false }) {
      BrokerError.refuseService('redis-streams', service);
      // Both or none: whoever finds the queue must know whether its log is kept.
      const facts = { [`${queue}:lanes`]: lanes, [`${queue}:keeps-log`]: Number(keepsLog) };
      if (Number(await redis.msetnx(facts)) === 0) {
        throw BrokerError.refused('redis-streams', `queue ${queue}`, 'it is there already');
      }
      for (const stream of streamsOf(queue, lanes)) {
        await redis.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM');
      }
    },
    async deleteQueue(queue) {
      const lanes = Number(await redis.get(`${queue}:lanes`));
      const names = [...keysOf(queue), `${queue}:lanes`, `${queue}:keeps-log`];
      const left = await leftByOthers(redis, queue);
      await redis.unlink(...names, ...left, ...streamsOf(queue, lanes));
    },
    openProducer: async (queue) =>
      openRedisStreamsProducer({ client, queue, lanes: await lanesOf(queue) }),
    openConsumer: async (queue, handleLikes) => {
      const [lanes, keepsLog] = [await lanesOf(queue), await keepsLogOf(queue)];
      return openConsumer({ client, queue, lanes, group: GROUP, keepsLog }, handleLikes);
    },
    backlog,
    parked: (queue) => parkedOf(redis, queue),
    async post(queue, texts) {
      await lanesOf(queue);
      for (const text of texts) {
        await redis.xadd(`${queue}:0`, '*', 'like', text).catch((error: Error) => {
          if (error.name !== 'ReplyError') throw error;
          throw BrokerError.messageRefused('redis-streams', text, error);
        });
      }
    },
    redrive: async (queue, { max } = {}) => redriveLetters(redis, queue, await lanesOf(queue), max),
    keepsLog: keepsLogOf,
    async reread(queue) {
      const [lanes, keepsLog] = [await lanesOf(queue), await keepsLogOf(queue)];
      const facts = { redis, streams: streamsOf(queue, lanes), counters: GROUP, keepsLog };
      // What this group has read is still to be read by the one that counts.
      return reread(queue, facts, (group, handleLikes) =>
        openConsumer({ client, queue, lanes, ...group, keepsLog: true }, handleLikes),
      );
    },
    limitMemory: limitMemory(redis),
    reclaim: () => rewriteGrownFile(redis),
    settings: () => readRedisSettings(redis, ['stream-node-max-entries']),
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}
