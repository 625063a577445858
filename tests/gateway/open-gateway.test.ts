import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openGateway } from '../../gateway/open-gateway.ts';
import type { RedisScripts } from '../../gateway/redis-scripts.ts';
import {
  giveLike,
  LIKE,
  type MadeGateway,
  madeReader,
  openMadeGateway,
  sumOf,
} from './gateway-fixture.ts';
import { MadeProducer } from './made-producer.ts';

const redisAway: RedisScripts = {
  run: () => Promise.reject(new Error('the test took it away')),
  async [Symbol.asyncDispose]() {},
};

describe('a like', () => {
  test('is answered with its number, and sent as it came', async () => {
    const { gateway, producer } = await openMadeGateway();
    const answer = await giveLike(gateway, { likedAtMs: 17 });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ source: gateway.source, seq: 0 });
    const like = { ...LIKE, source: gateway.source, seq: 0, likedAtMs: 17 };
    expect(producer.sends[0]!.likes).toEqual([like]);
    const before = Date.now();
    await giveLike(gateway);
    const { likedAtMs } = producer.sends[1]!.likes[0]!;
    expect(likedAtMs).toBeGreaterThanOrEqual(before);
    expect(likedAtMs).toBeLessThanOrEqual(Date.now());
  });

  test('has another source in each life of a gateway', async () => {
    const [one, other] = [await openMadeGateway(), await openMadeGateway()];
    expect(one.gateway.source).toMatch(/^gateway\.\d{8}T\d{6}Z\.[0-9a-f]{8}$/);
    expect(one.gateway.source).not.toBe(other.gateway.source);
  });

  test.each([
    ['fail', false, 'REFUSED', 'was not stored'],
    ['unknown', true, 'OUTCOME_UNKNOWN', 'send the same request again, it counts once'],
  ] as const)('whose send ends as %s is 503 and told so', async (outcome, may, code, sentence) => {
    const { gateway, producer } = await openMadeGateway();
    producer.onSend = (send) => send.fail(outcome);
    const answer = await giveLike(gateway);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toMatchObject({ code, mayHaveBeenStored: may });
    expect(answer.json().detail).toContain(sentence);
  });

  test('is 503 within a named time when the broker is silent, and 202 later', async () => {
    const limits = { waitMsMax: 200, answerMsMax: 300 };
    const { gateway, producer } = await openMadeGateway({ limits });
    producer.onSend = undefined;
    const answers = await Promise.all([giveLike(gateway), giveLike(gateway, { user: 'u-2' })]);
    expect(answers.map((answer) => answer.json().mayHaveBeenStored)).toEqual([true, false]);
    expect(answers[1]!.json().code).toBe('SHED_TOO_OLD');
    await vi.waitFor(async () => {
      expect((await giveLike(gateway)).json().code).toBe('SHED_AWAY');
    });
    const ready = await gateway.app.inject('/readyz');
    expect(ready.statusCode).toBe(503);
    expect(ready.json().systems).toEqual([{ name: 'sends', answers: false }]);
    producer.onSend = (send) => send.acknowledge();
    producer.sends[0]!.fail('unknown');
    await vi.waitFor(async () => expect((await giveLike(gateway)).statusCode).toBe(202));
  });

  test('is shed unread while the event loop is late and stays so', async () => {
    // Any loop is later than that.
    const { gateway, producer } = await openMadeGateway({ limits: { loopDelayMsMax: -1 } });
    const answer = await giveLike(gateway, { user: 7 });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toMatchObject({ code: 'SHED_OVERLOADED', mayHaveBeenStored: false });
    expect(producer.sends).toEqual([]);
  });
});

test('a port that is taken is an error, and the producer is not left open', async () => {
  const { gateway } = await openMadeGateway();
  const producer = new MadeProducer();
  const port = Number(new URL(gateway.url).port);
  await expect(openMadeGateway({ port, producer })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(producer.isDisposed).toBe(true);
});

describe('limits of users', () => {
  test('are 429 with when the next like may come, for that user alone', async () => {
    const { gateway, producer } = await openMadeGateway({
      userLimit: { likesPerS: 0.1, burst: 2 },
    });
    const answers = [];
    for (let version = 1; version <= 3; version++)
      answers.push(await giveLike(gateway, { version }));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 429]);
    expect(answers[2]!.headers['retry-after']).toBe('10');
    expect(answers[2]!.json().detail).toBe(
      'this user likes too fast; the next like may come in 10 s',
    );
    expect((await giveLike(gateway, { user: 'u-2' })).statusCode).toBe(202);
    expect(producer.sends).toHaveLength(3);
  });

  test('are those of the process while Redis is away, which is said once', async () => {
    const { gateway, lines } = await openMadeGateway({
      redis: redisAway,
      sharesLimits: true,
      userLimit: { likesPerS: 0.1, burst: 6 },
    });
    const statuses = [];
    for (let version = 1; version <= 7; version++) {
      statuses.push((await giveLike(gateway, { version })).statusCode);
    }
    expect(statuses).toEqual([202, 202, 202, 202, 202, 202, 429]);
    expect(lines).toEqual([
      'the Redis of user limits does not answer: the test took it away; ' +
        'each gateway limits by itself meanwhile',
    ]);
    expect(await sumOf(gateway, 'likes_limiter_alone_total')).toBe(7);
    expect(await sumOf(gateway, 'likes_system_away')).toBe(1);
  });
});

describe('under tally, while the store of first answers is away', () => {
  const key = { 'idempotency-key': 'k-1' };

  test('likes are 503 and not sent', async () => {
    const { gateway, producer } = await openMadeGateway({ rule: 'tally', redis: redisAway });
    const answer = await giveLike(gateway, {}, key);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toMatchObject({ code: 'KEYS_AWAY', mayHaveBeenStored: false });
    expect(producer.sends).toEqual([]);
  });

  test('or sent all the same, where one chose so, and counted as such', async () => {
    const { gateway, producer } = await openMadeGateway({
      rule: 'tally',
      redis: redisAway,
      idempotencyAway: 'accept',
    });
    expect((await giveLike(gateway, {}, key)).statusCode).toBe(202);
    expect((await giveLike(gateway, {}, key)).statusCode).toBe(202);
    expect(producer.seqs).toEqual([[0], [1]]);
    expect(await sumOf(gateway, 'likes_sent_unkept_total')).toBe(2);
    producer.onSend = (send) => send.fail('unknown');
    const { detail } = (await giveLike(gateway, {}, key)).json();
    expect(detail).toContain('it could count twice');
  });

  test('but one that takes no repeats needs no store for them, and no key', async () => {
    const { gateway, producer } = await openMadeGateway({ rule: 'tally', takesRepeats: false });
    expect((await giveLike(gateway)).statusCode).toBe(202);
    expect((await giveLike(gateway)).statusCode).toBe(202);
    expect(producer.seqs).toEqual([[0], [1]]);
  });

  test('and without such a store there is no tally', async () => {
    const opening = openGateway({
      rule: 'tally',
      producer: new MadeProducer(),
      system: 'made',
      destination: 'likes',
      reader: madeReader,
      probes: [],
    });
    await expect(opening).rejects.toThrow(/tally needs a Redis/);
  });
});

describe('counts', () => {
  let made: MadeGateway;
  beforeAll(async () => {
    made = await openMadeGateway({}, afterAll);
  });
  const get = async (url: string) => await made.gateway.app.inject(url);

  test('come with their age and what may be missing', async () => {
    const answer = await get('/posts/a%2Fb%20%C3%A9/likes');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      post: 'a/b é',
      count: 3,
      likes: 5,
      unlikes: 2,
      ageMs: 12,
      missingAtMost: 3,
    });
  });

  test('of the top posts as well, twenty unless told', async () => {
    const asked = vi.spyOn(madeReader, 'topPosts');
    expect((await get('/posts/top')).json()).toEqual({
      posts: [{ post: 'p-1', count: 8, likes: 9, unlikes: 1 }],
      ageMs: 12,
      missingAtMost: null,
    });
    await get('/posts/top?limit=7');
    expect(asked.mock.calls).toEqual([[20], [7]]);
    asked.mockRestore();
  });

  test('that cannot be read are 503, and the log says why', async () => {
    const reader = { ...madeReader, countOf: () => Promise.reject(new Error('a secret')) };
    const { gateway, lines } = await openMadeGateway({ reader });
    const answer = await gateway.app.inject('/posts/p/likes');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body).not.toContain('secret');
    expect(lines).toEqual(['the counts cannot be read: a secret']);
  });
});

describe('health', () => {
  test('readiness names what does not answer, in time, and asks a silent system once', async () => {
    const silent = vi.fn(() => new Promise(() => undefined));
    const { gateway } = await openMadeGateway({
      probes: [
        { name: 'kafka', check: silent },
        { name: 'store', check: async () => undefined },
      ],
      limits: { readyMsMax: 50 },
    });
    const ask = () => gateway.app.inject('/readyz');
    const [first] = await Promise.all([ask(), ask(), ask()]);
    expect(first!.statusCode).toBe(503);
    expect(first!.json()).toEqual({
      ready: false,
      draining: false,
      systems: [
        { name: 'kafka', answers: false },
        { name: 'store', answers: true },
        { name: 'sends', answers: true },
      ],
    });
    expect(silent).toHaveBeenCalledTimes(1);
    expect((await gateway.app.inject('/healthz')).json()).toEqual({ alive: true });
  });

  test('whatever breaks inside is 500, in the log, and not in the answer', async () => {
    const { gateway, lines } = await openMadeGateway();
    vi.spyOn(gateway.metrics.registry, 'metrics').mockRejectedValue(new Error('a secret'));
    const answer = await gateway.app.inject('/metrics');
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      code: 'INSIDE',
      detail: 'something is wrong in the gateway; it has written down what',
    });
    expect(lines[0]).toMatch(/^a request failed: Error: a secret\n +at /);
  });
});
