import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisOptionsOf } from '../../brokers/redis-options.ts';
import { startLocalServer } from '../../brokers/servers/local/index.ts';
import type { LocalServer } from '../../brokers/servers/local/local-server.ts';
import { Circuit } from '../../gateway/circuit.ts';
import { type ClaimKeeper, RedisAnswers } from '../../gateway/first-answers.ts';
import { openRedisScripts, type RedisScripts } from '../../gateway/redis-scripts.ts';
import { SharedLimiter } from '../../gateway/user-limiter.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { giveLike, openMadeGateway, sumOf } from './gateway-fixture.ts';
import { newLike } from './made-requests.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: LocalServer;
/** Two gateways' connections. */
let redis: RedisScripts;
let other: RedisScripts;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startLocalServer('redis', { tier: 'kill', folder: folder.path });
  const options = redisOptionsOf(server.endpoint);
  redis = await openRedisScripts(options);
  other = await openRedisScripts(options);
});
afterAll(async () => {
  await redis?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** The machine may be slow; that a call waits for its limit is tested elsewhere. */
const patient = () => new Circuit({ name: 'Redis', callMsMax: 5_000, changed: () => undefined });

describe('first answers', () => {
  const open = (scripts: RedisScripts, leaseMs = 60_000) =>
    new RedisAnswers({
      redis: scripts,
      circuit: patient(),
      leaseMs,
      keptMs: 60_000,
      sendsUnkept: false,
    });

  async function claimed(answers: RedisAnswers, key: string): Promise<ClaimKeeper> {
    const claim = await answers.claim(key, newLike());
    if (claim.kind !== 'claimed') throw new Error(`it is ${claim.kind}`);
    return claim.keeper;
  }

  const number = { source: 'gateway-1', seq: 7 };

  test('are given again at another gateway, whenever the like was pressed', async () => {
    const key = randomUUID();
    const keeper = await claimed(open(redis), key);
    expect(keeper.number).toBeUndefined();
    expect(await keeper.keep(number)).toBe(true);
    await keeper.settle({ kind: 'accepted', number });
    const again = await open(other).claim(key, newLike({ likedAtMs: 5 }));
    expect(again).toEqual({ kind: 'answered', number });
  });

  test('are not there yet while the first request is under way', async () => {
    const key = randomUUID();
    await claimed(open(redis), key);
    const again = await open(other).claim(key, newLike());
    expect(again).toMatchObject({ kind: 'under-way' });
    expect(again).toHaveProperty('leftMs', expect.any(Number));
  });

  test.each([{ post: 'p-2' }, { action: 'unlike' as const }, { version: 2 }])(
    'are none for another like: %j',
    async (fields) => {
      const key = randomUUID();
      await claimed(open(redis), key);
      expect(await open(redis).claim(key, newLike(fields))).toEqual({ kind: 'other-like' });
    },
  );

  test('of one user are none of another', async () => {
    const key = randomUUID();
    await claimed(open(redis), key);
    expect((await open(redis).claim(key, newLike({ user: 'u-2' }))).kind).toBe('claimed');
  });

  test('a like that was never sent is a new one when it comes again', async () => {
    const key = randomUUID();
    const keeper = await claimed(open(redis), key);
    await keeper.settle({ kind: 'shed', reason: 'full' });
    expect((await claimed(open(other), key)).number).toBeUndefined();
  });

  test.each(['unknown', 'refused'] as const)(
    'a like whose send is %s is the same one when it comes again',
    async (kind) => {
      const key = randomUUID();
      const keeper = await claimed(open(redis), key);
      await keeper.keep(number);
      await keeper.settle({ kind });
      expect((await claimed(open(other), key)).number).toEqual(number);
    },
  );

  test('what a dead gateway left is taken over, and it may not number any more', async () => {
    const key = randomUUID();
    const slow = await claimed(open(redis, 1), key);
    await expect.poll(() => open(other).claim(key, newLike())).toMatchObject({ kind: 'claimed' });
    expect(await slow.keep(number)).toBe(false);
    await slow.settle({ kind: 'accepted', number });
    expect(await open(other).claim(key, newLike())).toMatchObject({ kind: 'under-way' });
  });
});

describe('a limit that gateways share', () => {
  test('is one bucket for all of them, and says when the next like may come', async () => {
    const limit = { likesPerS: 0.01, burst: 5 };
    const limiters = [redis, other].map(
      (scripts) => new SharedLimiter({ limit, redis: scripts, circuit: patient() }),
    );
    const user = randomUUID();
    const waits: number[] = [];
    for (let like = 0; like < 8; like++) waits.push(await limiters[like % 2]!.take(user));
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    for (const waitMs of waits.slice(5)) {
      expect(waitMs).toBeGreaterThan(50_000);
      expect(waitMs).toBeLessThanOrEqual(100_000);
    }
  });

  test('fills up again by the clock of the server', async () => {
    const limiter = new SharedLimiter({
      limit: { likesPerS: 20, burst: 1 },
      redis,
      circuit: patient(),
    });
    const user = randomUUID();
    expect(await limiter.take(user)).toBe(0);
    await expect.poll(() => limiter.take(user), { interval: 60 }).toBe(0);
  });

  test('is no full bucket again when the server has forgotten it', async () => {
    const limit = { likesPerS: 0.01, burst: 5 };
    const limiter = new SharedLimiter({ limit, redis, circuit: patient() });
    const user = randomUUID();
    for (let like = 0; like < 3; like++) expect(await limiter.take(user)).toBe(0);
    await redis.run({ name: 'testForget', keys: 0, lua: "redis.call('FLUSHALL')" }, [], []);
    const waits: number[] = [];
    for (let like = 0; like < 3; like++) waits.push(await limiter.take(user));
    expect(waits.slice(0, 2)).toEqual([0, 0]);
    expect(waits[2]).toBeGreaterThan(50_000);
  });
});

test('under tally one key is one like, at whichever gateway and how often', async () => {
  const limits = { firstAnswerMsMax: 5_000 };
  const one = await openMadeGateway({ rule: 'tally', redis, limits });
  const two = await openMadeGateway({ rule: 'tally', redis: other, limits });
  const headers = { 'idempotency-key': randomUUID() };
  one.producer.onSend = (send) => send.fail('unknown');
  const first = await giveLike(one.gateway, {}, headers);
  expect(first.json()).toMatchObject({ code: 'OUTCOME_UNKNOWN', mayHaveBeenStored: true });
  const second = await giveLike(two.gateway, {}, headers);
  expect(second.statusCode).toBe(202);
  // The second gateway sends the same like: same source, same seq.
  expect(two.producer.sends[0]!.likes[0]).toMatchObject({ source: one.gateway.source, seq: 0 });
  const third = await giveLike(one.gateway, {}, headers);
  expect(third.json()).toEqual(second.json());
  expect(one.producer.sends.length + two.producer.sends.length).toBe(2);
  expect(await sumOf(one.gateway, 'likes_repeated_total')).toBe(1);
  const mixedUp = await giveLike(one.gateway, { version: 2 }, headers);
  expect(mixedUp.statusCode).toBe(422);

  two.producer.onSend = undefined;
  const key = { 'idempotency-key': randomUUID() };
  const waiting = giveLike(two.gateway, {}, key);
  await expect.poll(() => two.producer.sends.length).toBe(2);
  const concurrent = await giveLike(one.gateway, {}, key);
  expect(concurrent.statusCode).toBe(409);
  expect(Number(concurrent.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  two.producer.sends[1]!.acknowledge();
  expect((await waiting).statusCode).toBe(202);
});

test('when Redis dies likes are refused in time, and taken again when it is back', async () => {
  const { gateway, producer, lines } = await openMadeGateway({
    rule: 'tally',
    redis,
    sharesLimits: true,
    userLimit: { likesPerS: 1_000, burst: 1_000 },
  });
  const give = () => giveLike(gateway, {}, { 'idempotency-key': randomUUID() });
  await expect.poll(async () => (await give()).statusCode).toBe(202);
  await server.kill();
  const sent = producer.sends.length;
  for (let count = 0; count < 5; count++) {
    const startedMs = performance.now();
    expect((await give()).json().code).toBe('KEYS_AWAY');
    // Both limits together, and what a busy machine adds.
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  }
  expect(producer.sends).toHaveLength(sent);
  expect(lines).toHaveLength(2);
  expect(await sumOf(gateway, 'likes_system_away')).toBe(2);
  await server.start();
  await expect.poll(async () => (await give()).statusCode, { timeout: 20_000 }).toBe(202);
  await expect.poll(() => lines.length).toBe(4);
  expect(lines.slice(2).every((line) => line.endsWith(' is back'))).toBe(true);
});
