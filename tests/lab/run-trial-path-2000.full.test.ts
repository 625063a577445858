import { loadavg } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consumerKill } from '../../lab/faults/consumer-kill.ts';
import { serverKill } from '../../lab/faults/server-kill.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { openRealPaths, type RealPaths } from './path/real-paths.ts';

const BROKERS = ['kafka', 'redis-streams'] as const;
const LIKES_PER_S = 2_000;
const MEASURE_S = 60;
const WARM_UP_S = 2;
const ACCEPTED_SHARE_LEAST = 0.99;
/** A like waits for a second at most for its send, and its send for five for an answer; the third
 * is for a machine that does all of it at once. */
const ANSWER_MS_MAX = 7_000;
const TEST_TIMEOUT_MS = 300_000;

/** Each once, with some time of undisturbed load before, between and after them. */
const FAULTS = {
  ...{ fault: serverKill, others: [consumerKill], strikes: 2 },
  ...{ firstAfterS: 12, pauseS: 10, goOnS: 0, acknowledgedLeast: 500 },
} as const;

function tell(what: string, { broker, path, faults, numbersStruck }: TrialResult): void {
  const ms = (us: number | undefined) => (us === undefined ? '–' : (us / 1_000).toFixed(1));
  const { requests, requestsInBurst, outages = [], api, ...figures } = path!;
  const told = {
    ...{ what, broker, requests, requestsInBurst },
    apiMs: { p50: ms(api?.p50Us), p99: ms(api?.p99Us), p999: ms(api?.p999Us) },
    visibleMs: { p50: ms(figures.dueToVisible?.p50Us), p99: ms(figures.dueToVisible?.p99Us) },
    outages: outages.map(({ tookMs, offered, accepted }, place) => ({
      ...{ fault: faults?.strikes[place]?.fault, tookMs: Math.round(tookMs), offered, accepted },
    })),
    acceptedShareOutsideOutages: figures.acceptedShareOutsideOutages,
    answerMsMax: figures.answerMsMax,
    exactAfterMs: figures.exactAfterMs,
    databaseTransactionsPerLike: figures.databaseTransactionsPerLike,
    cpuUsPerLike: figures.cpuUsPerLike,
    numbersStruck,
    load: loadavg()[0],
  };
  console.log(JSON.stringify(told));
}

describe.each(BROKERS)('over HTTP through %s', (broker) => {
  let paths: RealPaths;

  beforeAll(async () => {
    paths = await openRealPaths([broker]);
  });
  afterAll(async () => {
    await paths?.[Symbol.asyncDispose]();
  });

  test('a minute of 2,000/s with a broker and a worker killed loses and doubles nothing', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const result = await paths.run({
      ...{ broker, likesPerS: LIKES_PER_S, measureS: MEASURE_S, warmUpS: WARM_UP_S },
      ...{ consumers: 2, faults: FAULTS },
      path: { kind: 'queued', rule: 'states', gateways: 1 },
    });
    if (result.path) tell('2,000/s for a minute, broker and worker killed', result);
    expect(result.reasons).toEqual([]);
    expect(result.verdict).toBe('pass');
    expect(result.faults).toMatchObject({ valid: 2, void: 0 });
    expect(result.ledger).toMatchObject({ lost: 0, doubleEffects: 0, phantom: 0, residual: 0 });
    expect(result.path).toMatchObject({
      ...{ acceptedTwice: 0, acceptedUncounted: 0, acceptedUnacknowledged: 0, acceptedOther: 0 },
      isExact: true,
      requests: { offered: LIKES_PER_S * (MEASURE_S + WARM_UP_S), invalid: 0, noAnswer: 0 },
    });
    const { acceptedShareOutsideOutages, answerMsMax } = result.path!;
    expect(acceptedShareOutsideOutages).toBeGreaterThanOrEqual(ACCEPTED_SHARE_LEAST);
    expect(answerMsMax).toBeLessThan(ANSWER_MS_MAX);
  });

  test('a burst of 50 times 100/s on one post is answered at once, and exact in the end', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const burst = { factor: 50, atS: 4, lastsS: 10 };
    const result = await paths.run({
      ...{ broker, likesPerS: 100, measureS: 16, warmUpS: WARM_UP_S, consumers: 2 },
      path: { kind: 'queued', rule: 'states', gateways: 1, burst },
    });
    if (result.path) tell('a burst of 50 x 100/s for 10 s', result);
    expect(result.reasons).toEqual([]);
    expect(result.verdict).toBe('pass');
    const { requests, requestsInBurst, ...path } = result.path!;
    expect(path).toMatchObject({ isExact: true, acceptedTwice: 0, acceptedUncounted: 0 });
    expect(requests).toMatchObject({ noAnswer: 0, invalid: 0, refused: 0 });
    const { offered, accepted, shed, unknown } = requestsInBurst!;
    expect(offered).toBe(50_000);
    // Accepted or shed: nobody is left to wait, and nobody is left in doubt.
    const shedAll = Object.values(shed).reduce((sum, count) => sum + count, 0);
    expect(accepted + shedAll + unknown).toBe(offered);
    expect(accepted).toBeGreaterThan(0);
    expect(path.answerMsMax).toBeLessThan(ANSWER_MS_MAX);
  });
});
