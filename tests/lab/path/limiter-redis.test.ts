import { describe, expect, test } from 'vitest';
import type { Server } from '../../../brokers/servers/server.ts';
import type { LimiterPlace } from '../../../lab/limiter-plan.ts';
import { openLimiterRedis } from '../../../lab/path/limiter-redis.ts';
import type { TrialPlan } from '../../../lab/trial-plan.ts';

const planOf = (where: LimiterPlace, loadMs: number): TrialPlan => ({
  ...{ experiment: 'limiter', mode: 'path', workload: 'zipf', seed: 1 },
  ...{ likes: loadMs, likesPerS: 1_000 },
  ...{ lanes: 1, consumers: 1, shards: 1, backlogBytesMax: 1 },
  path: {
    ...{ kind: 'queued', rule: 'states', gateways: 2 },
    limiter: { where, likesPerS: 2, burst: 10 },
  },
});

/** A server whose processor time grows by 100 µs each time that it is asked. */
function madeServer({ starts = true } = {}) {
  const done: string[] = [];
  let cpuUs = 0;
  const server = {
    endpoint: { address: '127.0.0.1:6400' },
    async start() {
      done.push('start');
      if (!starts) throw new Error('the port is taken');
    },
    async kill() {
      done.push('kill');
      cpuUs = 0;
      return { pid: 1, endedBy: 'SIGKILL', portRefused: true };
    },
    async usage() {
      cpuUs += 100;
      return { cpuUs, memoryBytes: 1, diskBytes: 1 };
    },
    async [Symbol.asyncDispose]() {
      done.push('disposed');
    },
  } as unknown as Server;
  return { server, done };
}

const clock = { nowUs: () => performance.now() * 1_000 };

describe('the Redis of a limiter', () => {
  test('is there where gateways share what they remember, and nowhere else', async () => {
    const { server } = madeServer();
    for (const where of ['off', 'process'] as const) {
      const opened = await openLimiterRedis(planOf(where, 10), {
        startLimiterRedis: async () => server,
      });
      expect(opened).toBeUndefined();
    }
    await expect(openLimiterRedis(planOf('redis', 10), {})).rejects.toMatchObject({
      code: 'EQUIPMENT_MISSING',
    });
  });

  test('stays up, and what it used under load is told', async () => {
    const { server, done } = madeServer();
    const context = { startLimiterRedis: async () => server };
    const redis = (await openLimiterRedis(planOf('redis', 10), context))!;
    expect(redis.endpoint.address).toBe('127.0.0.1:6400');
    await redis.begin(clock);
    expect(await redis.finish()).toEqual({ away: undefined, cpuUs: 100 });
    await redis[Symbol.asyncDispose]();
    expect(done).toEqual(['disposed']);
  });

  test('is killed after a third of the load and back after two, both lives counted', async () => {
    const { server, done } = madeServer();
    const context = { startLimiterRedis: async () => server };
    await using redis = (await openLimiterRedis(planOf('redis-away', 90), context))!;
    const beganUs = clock.nowUs();
    await redis.begin(clock);
    const { away, cpuUs } = await redis.finish();
    expect(done).toEqual(['kill', 'start']);
    expect(away!.fromUs - beganUs).toBeGreaterThanOrEqual(29_000);
    expect(away!.toUs - away!.fromUs).toBeGreaterThanOrEqual(29_000);
    // 100 µs between the begin and the kill, and 100 µs of the second life.
    expect(cpuUs).toBe(200);
  });

  test('that does not come back is told, and leaves nothing under way', async () => {
    const { server, done } = madeServer({ starts: false });
    const context = { startLimiterRedis: async () => server };
    const redis = (await openLimiterRedis(planOf('redis-away', 9), context))!;
    await redis.begin(clock);
    await expect(redis.finish()).rejects.toThrow('the port is taken');
    await redis[Symbol.asyncDispose]();
    expect(done.at(-1)).toBe('disposed');
  });

  test('is not killed any more once the trial is over', async () => {
    const { server, done } = madeServer();
    const context = { startLimiterRedis: async () => server };
    const redis = (await openLimiterRedis(planOf('redis-away', 60_000), context))!;
    await redis.begin(clock);
    await redis[Symbol.asyncDispose]();
    expect(done).toEqual(['disposed']);
  });
});
