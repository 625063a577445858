import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRealPaths, type RealPaths } from './path/real-paths.ts';

const LIKES_PER_S = 200;
const MEASURE_S = 1.5;
const WARM_UP_S = 0.5;
const LIKES = LIKES_PER_S * (MEASURE_S + WARM_UP_S);
const ORDER = { likesPerS: LIKES_PER_S, measureS: MEASURE_S, warmUpS: WARM_UP_S } as const;

describe('a trial over HTTP', () => {
  let paths: RealPaths;

  beforeAll(async () => {
    paths = await openRealPaths(['kafka', 'direct']);
  });
  afterAll(async () => {
    await paths?.[Symbol.asyncDispose]();
  });

  test('through Kafka counts every 202 once, and says what each part cost', async () => {
    const way = { kind: 'queued', rule: 'states', gateways: 2 } as const;
    const result = await paths.run({ ...ORDER, broker: 'kafka', path: way });
    expect(result.reasons).toEqual([]);
    expect(result).toMatchObject({
      ...{ verdict: 'pass', broker: 'kafka', tier: 'kill' },
      plan: { mode: 'path', path: way, store: { engine: 'sqlite', rule: 'states' } },
      workload: { likes: LIKES },
    });
    const { path, ledger } = result;
    expect(path!.requests).toMatchObject({ offered: LIKES, accepted: LIKES, unknown: 0 });
    expect(path).toMatchObject({ isExact: true, acceptedTwice: 0, acceptedUncounted: 0 });
    expect(ledger).toMatchObject({ attempted: LIKES, ok: LIKES, counted: LIKES, residual: 0 });
    expect(path!.api!.samples).toBe(LIKES_PER_S * MEASURE_S);
    expect(path!.dueToVisible!.meanUs).toBeGreaterThan(0);
    for (const part of ['gateway', 'workers', 'broker'] as const) {
      expect(path!.cpuUsPerLike[part]).toBeGreaterThan(0);
    }
    // What is offered at once is stored at once.
    expect(path!.databaseTransactionsPerLike).toBeLessThan(4);
  });

  test('with one update a like commits each by itself', async () => {
    const way = { kind: 'queued', rule: 'tally', updates: 'single', gateways: 1 } as const;
    const result = await paths.run({ ...ORDER, broker: 'kafka', path: way });
    expect(result.reasons).toEqual([]);
    expect(result.path).toMatchObject({ isExact: true, databaseTransactions: LIKES });
  });

  test.each(['tally', 'states'] as const)(
    'directly into PostgreSQL by %s is right post by post, also in a burst on one of them',
    async (rule) => {
      const burst = { factor: 3, atS: 1, lastsS: 0.5 };
      const way = { kind: 'direct', rule, gateways: 1, burst } as const;
      const { path, ...result } = await paths.run({ ...ORDER, broker: 'direct', path: way });
      const offered = LIKES + LIKES_PER_S;
      expect(result.reasons).toEqual([]);
      expect(result).toMatchObject({
        ...{ verdict: 'pass', broker: 'direct', tier: 'power' },
        plan: { consumers: 0, store: { engine: 'postgres', rule } },
        ledger: { attempted: offered, counted: offered, lost: 0, doubleEffects: 0, residual: 0 },
        settings: { synchronous_commit: 'on', fsync: 'on', 'store rule': rule },
      });
      expect(path).toMatchObject({ isExact: true, exactAfterMs: 0, acceptedUncounted: 0 });
      expect(path!.requests).toMatchObject({ offered, accepted: offered });
      expect(path!.requestsInBurst).toMatchObject({ offered: 1.5 * LIKES_PER_S });
      expect(path!.cpuUsPerLike).toMatchObject({ database: expect.any(Number) });
      expect(path!.cpuUsPerLike).not.toHaveProperty('broker');
      // One a like, and the few by which ten connections and the tables came about.
      expect(path!.databaseTransactions).toBeGreaterThanOrEqual(offered);
      expect(path!.databaseTransactions).toBeLessThan(1.1 * offered);
      expect(path!.lockWaits!.samples).toBeGreaterThan(5);
    },
  );
});
