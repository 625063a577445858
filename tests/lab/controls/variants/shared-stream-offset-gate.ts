/**
 * Wrong: several consumers of one group read one stream, and for each stream there is a gate, the
 * id of the last entry that was counted: what is at or below it is taken for counted already. But
 * a group hands entries out in no order among its consumers, and those of a dead one come last,
 * when others have moved the gate past them: they are acknowledged and never counted. Lost.
 */
import { randomUUID } from 'node:crypto';
import { Redis, type RedisOptions } from 'ioredis';
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import { redisOptionsOf } from '../../../../brokers/redis-options.ts';
import {
  consumeLoop,
  type HandleLikes,
  handleMessages,
  type LikeConsumer,
} from '../../../../likes/like.ts';
import { alteredBroker } from './altered-broker.ts';

const GROUP = 'like-counters';
const COUNT = ['COUNT', 100] as const;
const READ_WAIT_MS = 500;
/** What is pending for longer is taken for a dead consumer's: longer than any batch takes. */
const IDLE_MS_LEAST = 3_000;
const CONNECTION = { retryStrategy: () => 250, maxRetriesPerRequest: 0, lazyConnect: true };

/** The gate only rises, whoever was faster. */
const RAISE_GATE = `
local function number(id)
  local ms, seq = string.match(id or '0-0', '(%d+)-(%d+)')
  return tonumber(ms), tonumber(seq)
end
local oldMs, oldSeq = number(redis.call('HGET', KEYS[1], ARGV[1]) or '0-0')
local ms, seq = number(ARGV[2])
if ms > oldMs or (ms == oldMs and seq > oldSeq) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end`;

type Entry = readonly [id: string, fields: string[]];

/** `entry` is redis-streams; it promises no order, as nobody does who shares a stream. */
export function sharedStreamOffsetGate(entry: BrokerEntry): BrokerEntry {
  return alteredBroker(entry, (broker, connection) => ({
    promises: { ...broker.promises, order: 'none' },
    openConsumer: (queue, handleLikes) =>
      openConsumer({ ...redisOptionsOf(connection), ...CONNECTION }, queue, handleLikes),
  }));
}

async function openConsumer(
  client: RedisOptions,
  queue: string,
  handleLikes: HandleLikes,
): Promise<LikeConsumer> {
  const me = randomUUID();
  const redis = new Redis(client).on('error', () => undefined);
  const reader = redis.duplicate().on('error', () => undefined);
  await Promise.all([redis.connect(), reader.connect()]);
  const lanes = Number(await redis.get(`${queue}:lanes`));
  const streams = Array.from({ length: lanes }, (_, lane) => `${queue}:${lane}`);
  const gates = `${queue}:gates`;

  async function store(stream: string, entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const gate = (await redis.hget(gates, stream)) ?? '0-0';
    const uncounted = entries.filter(([id]) => isAfter(id, gate));
    if (uncounted.length > 0) {
      const texts = uncounted.map(([, fields]) => fields[fields.indexOf('like') + 1] ?? '');
      for (const { index, reason } of await handleMessages(texts, handleLikes)) {
        await redis.xadd(`${queue}:dead`, '*', 'like', texts[index]!, 'reason', reason);
      }
      await redis.eval(RAISE_GATE, 1, gates, stream, uncounted.at(-1)![0]);
    }
    const ids = entries.map(([id]) => id);
    await redis
      .multi()
      .xack(stream, GROUP, ...ids)
      .xdel(stream, ...ids)
      .exec();
  }

  async function readAndStore(): Promise<void> {
    for (const stream of streams) {
      const claimed = await redis.xautoclaim(stream, GROUP, me, IDLE_MS_LEAST, '0-0', ...COUNT);
      await store(
        stream,
        (claimed[1] as Entry[]).filter((found) => found !== null),
      );
    }
    const limits = [...COUNT, 'BLOCK', READ_WAIT_MS] as const;
    const from = [...streams, ...streams.map(() => '>')];
    const batch = await reader.xreadgroup('GROUP', GROUP, me, ...limits, 'STREAMS', ...from);
    for (const [stream, entries] of (batch ?? []) as [string, Entry[]][]) {
      await store(stream, entries);
    }
  }

  return consumeLoop(readAndStore, {
    isHopeless: (error) => /^(NOGROUP|WRONGTYPE)/.test(error.message),
    close: async () => {
      for (const connection of [redis, reader]) connection.disconnect();
    },
  });
}

function isAfter(id: string, gate: string): boolean {
  const [ms = 0, seq = 0] = id.split('-').map(Number);
  const [gateMs = 0, gateSeq = 0] = gate.split('-').map(Number);
  return ms > gateMs || (ms === gateMs && seq > gateSeq);
}
