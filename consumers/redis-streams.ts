/**
 * Counts likes from Redis streams with ioredis 6, several consumers side by side.
 *
 * Promise: at least once, in order per lane. Each lane (stream) has one owner at a time, by a lease
 * shared out fairly; its new owner first takes over what the old one left pending, then reads on.
 * An entry is acknowledged only after `handleLikes` has stored it, so a crash at any moment
 * delivers likes again and loses none. They are counted once only if `handleLikes` knows which it
 * has seen: a consumer that slept through its lease still stores the batch in its hands.
 *
 * Each like comes with its place, the stream and the entry's id as one number, for a `handleLikes`
 * that counts by places. Of a lane, no batch is handed on before all older entries are stored,
 * whoever has them. A stream that was deleted and made again goes on by the server's clock.
 *
 * Proved by `npm run faults`, a row for each fault in results/README.md: of what was acknowledged
 * nothing is lost, and nothing counted twice, when the server (with `appendonly yes`), a consumer
 * or a producer is killed, a consumer sleeps through its lease, the network is cut, or the store
 * fails half-way. A power cut is survived with `appendfsync always` only.
 *
 * The settings it rests on:
 * - XAUTOCLAIM when a lane is won and after every error: `>` never gives out again what a dead
 *   consumer, or a lost answer, left pending; without it such likes are never counted.
 * - XPENDING after each read: a consumer that woke up after its lease may have read just before,
 *   and has older entries in its hands then. They are taken over first.
 * - a connection of its own for XREADGROUP: a blocking read holds up all else on its connection.
 * - XTRIM MINID after XACK: acknowledging frees no memory. Only what is before the oldest pending
 *   entry goes. Not where others still read the streams: `keepsLog` leaves it out.
 * - an outage of the store leaves the batch pending and takes it up again after a pause, for ever;
 *   what can never be counted goes to the stream `<queue>:dead` with its reason.
 */
import { Redis, type RedisOptions } from 'ioredis';
import { consumeLoop, type HandleLikes, handleMessages, type LikeConsumer } from '../likes/like.ts';

export interface RedisStreamsConsumerOptions {
  /** Address, TLS and password, as ioredis takes them. */
  readonly client: RedisOptions;
  /** The streams `<queue>:0` to `<queue>:<lanes - 1>` exist and have the group, created at 0. */
  readonly queue: string;
  readonly lanes: number;
  readonly group: string;
  /** Begins the keys of the group's leases and dead letters: by default `queue`. A second group on
   * the same streams needs its own. */
  readonly prefix?: string;
  /** Leaves in the streams what is acknowledged, for others to read; the memory grows with it. */
  readonly keepsLog?: boolean;
}

/** Entries of one lane for one call of `handleLikes`; more make fewer store transactions. */
const COUNT = ['COUNT', 1_000] as const;
/** A consumer that is silent this long loses its lanes; others then wait this long at most. */
export const LEASE_S = 10;
/** A blocking read ends after this long: often enough to renew leases and to notice `stop`. */
const BLOCK = ['BLOCK', 500] as const;

/** Between two tries to connect, and to ask a server that is still reading its file. By default
 * these pauses grow to 5 and 10 s, so a restart of 1 s stopped the counting for up to 10 s. */
const CONNECT = { retryStrategy: () => 250, maxLoadingRetryTime: 250, lazyConnect: true };
/** When a connection breaks or is silent for too long, commands in flight reject, and the loop
 * tries again; by default ioredis repeats them by itself, and waits for ever on a silent one. */
const CONNECTION = { ...CONNECT, maxRetriesPerRequest: 0, socketTimeout: 10_000 };

/** Shares the lanes out over the consumers that were heard of within a lease; answers with mine. */
const CLAIM_LANES = `local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local share, mine = math.ceil(ARGV[3] / redis.call('ZCARD', KEYS[1])), {}
for lane = 0, ARGV[3] - 1 do
  local owner = redis.call('HGET', KEYS[2], lane)
  if not owner or owner == ARGV[1] or not redis.call('ZSCORE', KEYS[1], owner) then
    redis.call('HSET', KEYS[2], lane, #mine < share and ARGV[1] or '')
    if #mine < share then mine[#mine + 1] = ARGV[4] .. ':' .. lane end
end end return mine`;

const ACKNOWLEDGE = "redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))";
/** Acknowledges, then frees what is before all that anybody has pending, lease or no lease. */
const FREE = `${ACKNOWLEDGE} local oldest = redis.call('XPENDING', KEYS[1], ARGV[1])[2]
redis.call('XTRIM', KEYS[1], 'MINID', '~', oldest or ARGV[#ARGV])`;

/** An id `ms-seq` as one number: no server adds a million entries to a stream within 1 ms. */
const offsetOf = (id: string) => (BigInt(id.split('-')[0]!) << 20n) + BigInt(id.split('-')[1]!);

type Batch = readonly [stream: string, entries: [id: string, fields: string[]][]][];

/** Resolves when the consumer is connected and asks for its share of the lanes. */
export async function openRedisStreamsConsumer(
  options: RedisStreamsConsumerOptions,
  handleLikes: HandleLikes,
): Promise<LikeConsumer> {
  const { queue, group, lanes, prefix = queue, keepsLog = false } = options;
  const me = crypto.randomUUID();
  const redis = new Redis({ ...options.client, ...CONNECTION }).on('error', () => undefined);
  const reader = redis.duplicate().on('error', () => undefined);
  await Promise.all([redis.connect(), reader.connect()]);
  /** Lanes of which nothing older is pending. Forgotten after every error, and after every lease,
   * since a lane may have been another's meanwhile: then what is pending is taken over again. */
  let caughtUp: string[] = [];
  let forgetAtMs = 0;

  async function store(batch: Batch): Promise<void> {
    const all = batch.flatMap(([lane, some]) => some.map(([id, names]) => ({ lane, id, names })));
    const texts = all.map(({ names }) => names[names.indexOf('like') + 1] ?? '');
    const placeOf = (at: number) => ({ lane: all[at]!.lane, offset: offsetOf(all[at]!.id) });
    const headersOf = (at: number) => all[at]!.names.toSpliced(all[at]!.names.indexOf('like'), 2);
    for (const { index, reason } of await handleMessages(texts, handleLikes, placeOf, headersOf))
      await redis.xadd(`${prefix}:dead`, '*', 'like', texts[index]!, 'reason', reason);
    const acknowledge = ([stream, entries]: Batch[0]) =>
      redis.eval(keepsLog ? ACKNOWLEDGE : FREE, 1, stream, group, ...entries.map(([id]) => id));
    await Promise.all(batch.map(acknowledge));
  }

  async function readAndStore(): Promise<void> {
    const known = performance.now() < forgetAtMs ? caughtUp.splice(0) : [];
    if (known.length === 0) forgetAtMs = performance.now() + LEASE_S * 1_000;
    const claim = [`${prefix}:consumers`, `${prefix}:owners`, me, LEASE_S, lanes, queue];
    const streams = (await redis.eval(CLAIM_LANES, 2, ...claim)) as string[];
    for (const stream of streams.filter((name) => !known.includes(name))) {
      const found = await redis.xautoclaim(stream, group, me, 0, '0-0', ...COUNT);
      const entries = (found[1] as Batch[0][1]).filter((entry) => entry !== null);
      if (entries.length > 0) return store([[stream, entries]]);
    }
    if (streams.length === 0) return new Promise((resolve) => setTimeout(resolve, BLOCK[1]));
    const from = [...COUNT, ...BLOCK, 'STREAMS', ...streams, ...streams.map(() => '>')] as const;
    const reading = reader.xreadgroup('GROUP', group, me, ...from) as Promise<Batch | null>;
    const asked = streams.map((stream) => reader.xpending(stream, group));
    const [batch, ...oldest] = await Promise.all([reading, ...asked]);
    const isNext = ([lane, [first]]: Batch[0]) => oldest[streams.indexOf(lane)]![1] === first![0];
    if (batch?.every(isNext) === false) throw new Error('older entries are pending');
    if (batch) await store(batch);
    caughtUp = streams;
  }

  return consumeLoop(readAndStore, {
    // No such stream or group, or no right to it: trying again cannot help.
    isHopeless: (error) => /^(NOGROUP|WRONGTYPE|NOAUTH|NOPERM)/.test(error.message),
    async close() {
      await redis.zrem(`${prefix}:consumers`, me).catch(() => 0); // Else the lease runs out.
      for (const connection of [redis, reader]) connection.disconnect();
    },
  });
}
