import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Circuit } from '../../gateway/circuit.ts';
import type { RedisScripts } from '../../gateway/redis-scripts.ts';
import { ProcessLimiter, SharedLimiter, USERS_MAX } from '../../gateway/user-limiter.ts';
import { pass, useMadeTime } from './path-fixture.ts';

useMadeTime();

describe('a bucket in the process', () => {
  test('lets a burst pass, then one a token, and says when the next one may', async () => {
    const limiter = new ProcessLimiter({ likesPerS: 2, burst: 3 });
    const take = () => limiter.take('u-1');
    expect([take(), take(), take(), take()]).toEqual([0, 0, 0, 500]);
    await pass(499);
    expect(take()).toBe(1);
    await pass(1);
    expect([take(), take()]).toEqual([0, 500]);
    await pass(60_000);
    expect([take(), take(), take(), take()]).toEqual([0, 0, 0, 500]);
  });

  test('of one user is none of another', () => {
    const limiter = new ProcessLimiter({ likesPerS: 1, burst: 1 });
    expect([limiter.take('u-1'), limiter.take('u-2'), limiter.take('u-1')]).toEqual([0, 0, 1_000]);
  });

  test('never lets more pass than burst and rate allow, however likes come', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        async (pauses, likesPerS, burst) => {
          const limiter = new ProcessLimiter({ likesPerS, burst });
          const passedMs: number[] = [];
          for (const pauseMs of pauses) {
            await pass(pauseMs);
            const nowMs = performance.now();
            const waitMs = limiter.take('u-1');
            if (waitMs === 0) passedMs.push(nowMs);
            else expect(waitMs).toBeLessThanOrEqual(Math.ceil(1_000 / likesPerS));
          }
          for (const [first, fromMs] of passedMs.entries()) {
            for (const [last, toMs] of passedMs.entries()) {
              if (last < first) continue;
              const allowed = burst + ((toMs - fromMs) * likesPerS) / 1_000;
              expect(last - first + 1).toBeLessThanOrEqual(allowed + 1e-3);
            }
          }
          const waitMs = limiter.take('u-1');
          await pass(waitMs);
          if (waitMs > 0) expect(limiter.take('u-1')).toBe(0);
        },
      ),
      { numRuns: 50 },
    ));

  test('is forgotten when too many users came after it, and no other is', () => {
    const limiter = new ProcessLimiter({ likesPerS: 1, burst: 1 });
    for (let user = 0; user < USERS_MAX; user++) limiter.take(`u-${user}`);
    expect(limiter.take('u-0')).toBe(1_000);
    expect(limiter.take('another')).toBe(0);
    expect(limiter.users).toBe(USERS_MAX);
    expect(limiter.take('u-0')).toBe(1_000);
    expect(limiter.take('u-1')).toBe(0);
  });
});

describe('over Redis', () => {
  function openShared(run: RedisScripts['run']) {
    let alone = 0;
    const limiter = new SharedLimiter({
      limit: { likesPerS: 1, burst: 1 },
      redis: { run, async [Symbol.asyncDispose]() {} },
      circuit: new Circuit({ name: 'Redis', callMsMax: 50, changed: () => undefined }),
      decidedAlone: () => void alone++,
    });
    return { limiter, alone: () => alone };
  }

  test('Redis decides while it answers', async () => {
    const asked: unknown[] = [];
    const { limiter, alone } = openShared(async (script, keys, args) => {
      asked.push([script.name, keys, args]);
      return 250;
    });
    expect(await limiter.take('u-1')).toBe(250);
    expect(asked).toEqual([['likesTakeToken', ['likes:limit:u-1'], [1, 1]]]);
    expect(alone()).toBe(0);
  });

  test('the process decides when it does not, and no like waits longer for it', async () => {
    const { limiter, alone } = openShared(() => new Promise(() => undefined));
    const first = Promise.resolve(limiter.take('u-1'));
    await pass(50);
    expect(await first).toBe(0);
    const second = Promise.resolve(limiter.take('u-1'));
    await pass(50);
    expect(await second).toBe(950);
    expect(alone()).toBe(2);
  });

  /** Decides as the script does, and forgets when it is started anew. */
  function openGateways(count: number) {
    const limit = { likesPerS: 2, burst: 10 };
    let isAway = false;
    let buckets = new Map<string, { tokens: number; atMs: number }>();
    const run: RedisScripts['run'] = async (_script, [key], [rate, burst, known]) => {
      if (isAway) throw new Error('the connection is closed');
      const atMs = performance.now();
      const last = buckets.get(key!) ?? { tokens: Number(known ?? burst), atMs };
      const filled = last.tokens + ((atMs - last.atMs) * Number(rate)) / 1_000;
      const tokens = Math.min(Number(burst), filled);
      const passes = tokens >= 1 - 1e-6;
      buckets.set(key!, { tokens: passes ? tokens - 1 : tokens, atMs });
      return passes ? 0 : Math.ceil(((1 - 1e-6 - tokens) * 1_000) / Number(rate));
    };
    const gateways = Array.from({ length: count }, () => {
      const circuit = new Circuit({ name: 'Redis', callMsMax: 50, changed: () => undefined });
      return new SharedLimiter({
        limit,
        redis: { run, async [Symbol.asyncDispose]() {} },
        circuit,
      });
    });
    let next = 0;
    /** Sends at 10 a second to all gateways in turn; resolves with how many passed. */
    const likeFor = async (seconds: number): Promise<number> => {
      let passed = 0;
      for (let like = 0; like < seconds * 10; like++) {
        if ((await gateways[next++ % count]!.take('u-1')) === 0) passed++;
        await pass(100);
      }
      return passed;
    };
    return {
      likeFor,
      goAway: () => {
        isAway = true;
      },
      comeBackEmpty: () => {
        isAway = false;
        buckets = new Map();
      },
    };
  }

  test('nobody at the limit gets a full bucket because Redis goes or comes back', async () => {
    const { likeFor, goAway, comeBackEmpty } = openGateways(1);
    // The burst, and two a second.
    expect(await likeFor(20)).toBe(49);
    goAway();
    expect(Math.abs((await likeFor(10)) - 20)).toBeLessThanOrEqual(1);
    comeBackEmpty();
    // The circuit looks again within a second.
    expect(Math.abs((await likeFor(10)) - 20)).toBeLessThanOrEqual(1);
  });

  test('two gateways by themselves let twice the limit pass, and no more', async () => {
    const { likeFor, goAway, comeBackEmpty } = openGateways(2);
    expect(await likeFor(20)).toBe(49);
    goAway();
    expect(Math.abs((await likeFor(10)) - 40)).toBeLessThanOrEqual(2);
    comeBackEmpty();
    expect(Math.abs((await likeFor(10)) - 21)).toBeLessThanOrEqual(2);
  });

  test('a user whom this gateway has not seen starts with a full bucket, as ever', async () => {
    const { likeFor, goAway } = openGateways(1);
    goAway();
    expect(await likeFor(1)).toBe(10);
  });
});
