import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trialResultSchema } from '../../lab/trial-result.ts';
import { openWorkload } from '../../likes/workloads/workload.ts';
import { FAULTS, type Fault, SLOW_END_MS, WORDS } from './faults.ts';
import { LIKES, openRealTrials, type RealTrials, workerPids } from './real-trials.ts';

const MODES = ['publish-then-count', 'sustained', 'paced'] as const;

/** What of each mode is looked at for a trend. */
const STEADY: Record<(typeof MODES)[number], string[]> = {
  'publish-then-count': ['published rate', 'counted rate'],
  sustained: ['counted rate'],
  paced: ['p50 latency'],
};

describe.each(['null', 'redis-streams'])('a real trial on %s', (broker) => {
  let trials: RealTrials;

  beforeAll(async () => {
    trials = await openRealTrials(broker);
  });
  afterAll(async () => {
    await trials?.[Symbol.asyncDispose]();
  });

  /** By the system's and the server's own word. */
  async function expectNothingLeft(): Promise<void> {
    expect(workerPids()).toEqual([]);
    expect(trials.queues.length).toBeGreaterThan(0);
    for (const queue of trials.queues) {
      await expect(trials.broker.backlog(queue)).rejects.toThrow(queue);
    }
    if (broker !== 'redis-streams') return;
    const redis = new Redis(`redis://${trials.address}`);
    expect(await redis.keys('*')).toEqual([]);
    redis.disconnect();
  }

  test.each(MODES)('passes in mode %s, and every post has the count of the file', async (mode) => {
    // The one queue of the null server has no lanes, so only one consumer keeps its order.
    const consumers = broker === 'null' ? 1 : 2;
    const { result, counts } = await trials.run({ mode, seed: 7, consumers });
    expect(result!.reasons).toEqual([]);
    expect(result!.verdict).toBe('pass');
    expect(() => trialResultSchema.parse(result)).not.toThrow();
    const { likes } = result!.workload;
    const workload = openWorkload('trending', { likes: likes!, seed: 7 });
    expect(result!.ledger).toMatchObject({
      attempted: likes,
      ok: likes,
      counted: likes,
      residual: 0,
      expectedPosts: workload.posts.length,
      unexpectedPosts: 0,
    });
    // The store against the file once more, past the checker.
    const expected = [...workload.expectedCounts()!].filter(([, { likes, unlikes }]) => {
      return likes + unlikes > 0;
    });
    expect(expected.length).toBeGreaterThan(100);
    expect(counts).toEqual(new Map(expected));
    // Clients send some likes twice, and at least once may deliver more.
    expect(result!.ledger!.sentAgain).toBeGreaterThan(0);
    expect(result!.ledger!.redelivered).toBeGreaterThanOrEqual(result!.ledger!.sentAgain);
    expect(ratesOf(result!.rates!)).toEqual(RATES[mode]);
    expect(result!.latencies?.dueToVisible.samples).toBe(
      mode === 'paced' ? result!.latencies?.likesDue : undefined,
    );
    for (const series of result!.steady!) expect(series.values).toHaveLength(10);
    const figures = result!.steady!.map(({ figure }) => figure);
    // What is over in 50 ms has no windows.
    expect(STEADY[mode]).toEqual(expect.arrayContaining(figures));
    if (mode === 'paced') {
      expect(figures).toEqual(STEADY.paced);
      const { visible } = result!;
      expect(visible).toMatchObject({ posts: 18, early: 0, stale: 0, shrunk: 0 });
      expect(visible!.confirmed).toBe(visible!.likes);
      expect(visible!.likes).toBeGreaterThan(100);
    } else expect(result!.visible).toBeUndefined();
    await expectNothingLeft();
  });

  test.each<[Fault, Record<string, number>, RegExp]>([
    ['loss', { lost: 1, doubleEffects: 0 }, /^1 lost/],
    ['doubleEffect', { lost: 0, doubleEffects: 1, counted: LIKES }, /^1 double effects/],
    ['phantom', { lost: 0, counted: LIKES }, /\d phantom/],
    ['miscount', { lost: 0, counted: LIKES, miscountedPosts: 2 }, /2 miscounted posts/],
    ['lossAndDouble', { lost: 1, doubleEffects: 1, counted: LIKES - 1 }, /^1 lost.* 1 double/],
  ])('fails by name when a worker plants: %s', async (fault, findings, reason) => {
    const { result } = await trials.run({ mode: 'sustained', seed: FAULTS[fault] });
    expect(result!.ledger).toMatchObject({ attempted: LIKES, residual: 0, ...findings });
    expect(result!.verdict).toBe('fail');
    expect(result!.reasons.join(' ')).toMatch(reason);
    expect(result!.numbersValid).toBe(false);
    await expectNothingLeft();
  });

  test('counts by name when a worker plants: two batches in swapped order', async () => {
    const { result } = await trials.run({ mode: 'sustained', seed: FAULTS.swap });
    const { inversions, inversionSeqsMax } = result!.ledger!;
    expect(result!.ledger).toMatchObject({ counted: LIKES, lost: 0, doubleEffects: 0 });
    expect(inversions).toBeGreaterThan(0);
    expect(inversionSeqsMax).toBeGreaterThan(0);
    // What was never promised is a finding, not a failure.
    const isPromised = result!.promises!.order === 'per-post';
    expect(result!.verdict).toBe(isPromised ? 'fail' : 'pass');
    const broken = `${inversions} inversions: order was promised per post`;
    expect(result!.reasons).toEqual(isPromised ? [broken] : []);
  });

  test('ends as unknown when its consumer is killed, with its last words', async () => {
    let killed: number | undefined;
    const { result, counts } = await trials.run({
      mode: 'paced',
      seed: FAULTS.named,
      measureS: 60,
      onProgress({ phase, likesDone }, folder) {
        const path = join(folder, 'consumer-0.records.pid');
        if (killed !== undefined || phase !== 'both' || likesDone === 0) return;
        killed = Number(readFileSync(path, 'utf8'));
        expect(workerPids()).toContain(killed);
        process.kill(killed, 'SIGKILL');
      },
    });
    expect(killed).toBeGreaterThan(0);
    expect(result).toMatchObject({ verdict: 'unknown', numbersValid: false });
    expect(result!.ledger).toBeUndefined();
    expect(result!.rates).toBeUndefined();
    expect(result!.reasons).toEqual([
      `the consumer ended by SIGKILL; its last words: ${WORDS}; run it again`,
    ]);
    // What it had counted is looked at all the same: it might break a promise already.
    expect(counts!.size).toBeGreaterThan(0);
    await expectNothingLeft();
  });

  test('gives no result when it is interrupted, and leaves nothing', async () => {
    const interrupt = new AbortController();
    const phases = new Set<string>();
    const startedMs = performance.now();
    const { result, counts } = await trials.run({
      mode: 'paced',
      seed: 7,
      measureS: 60,
      signal: interrupt.signal,
      onProgress({ phase, likesDone }) {
        phases.add(phase);
        if (phase === 'both' && likesDone > 0) interrupt.abort();
      },
    });
    expect([...phases]).toEqual(['preparing', 'both']);
    expect({ result, counts }).toEqual({ result: undefined, counts: undefined });
    expect(performance.now() - startedMs).toBeLessThan(30_000);
    await expectNothingLeft();
  });
});

describe('the end of a worker', () => {
  test('is its own when it has told its report, however long it takes', async () => {
    await using trials = await openRealTrials('null');
    const seed = FAULTS.slowEnd;
    const { result, wasThere } = await trials.run({ mode: 'publish-then-count', seed });
    expect(SLOW_END_MS).toBeGreaterThan(100);
    expect(result!.verdict).toBe('pass');
    expect(wasThere('producer-0.records.ended')).toBe(true);
    expect(wasThere('consumer-0.records.ended')).toBe(true);
  });
});

/** Which rates each mode tells; the others are no rates of it. */
const RATES: Readonly<Record<(typeof MODES)[number], readonly string[]>> = {
  'publish-then-count': ['publishedLikesPerS', 'countedLikesPerS'],
  sustained: ['publishedLikesPerS', 'sustainedLikesPerS'],
  paced: ['publishedLikesPerS', 'sustainedLikesPerS'],
};

function ratesOf(rates: object): string[] {
  return Object.entries(rates)
    .filter(([name, rate]) => name.endsWith('LikesPerS') && rate > 0)
    .map(([name]) => name);
}
