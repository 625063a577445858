import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../../brokers/broker.ts';
import { isVoidReason } from '../../lab/measure-recovery.ts';
import { type TrialResult, trialResultSchema } from '../../lab/trial-result.ts';
import { FAULTS } from './faults.ts';
import {
  openRealTrials,
  type RealTrials,
  serverLike,
  type TrialOrder,
  workerPids,
} from './real-trials.ts';

const BROKER = 'redis-streams';
/** How often a test looks whether consumers have noticed something. */
const LOOK_MS = 10;
const TRIES_MAX = 5;

/**
 * A crash at a moment when no send is under way is void, as on a busy machine it is now and then;
 * it is tried again, as a run does. Every other reason is the test's business.
 */
async function crash(trials: RealTrials, order: Omit<TrialOrder, 'mode'>): Promise<TrialResult> {
  for (let tries = 1; ; tries++) {
    const { result } = await trials.run({ ...order, mode: 'crash' });
    const isIdle = result!.reasons.includes('void: no send was under way at the kill');
    if (!isIdle || tries === TRIES_MAX) return result!;
  }
}

describe('a crash where nothing is promised', () => {
  let trials: RealTrials;

  beforeAll(async () => {
    trials = await openRealTrials(BROKER, { tier: 'memory' });
  });
  afterAll(async () => {
    await trials?.[Symbol.asyncDispose]();
  });

  /** Makes a queue for the second time only when every consumer has given up on the first. */
  function lateToRestore(broker: Broker): Broker {
    let made = 0;
    return {
      ...broker,
      async createQueue(queue, options) {
        made++;
        if (made > 1) await consumersGone(trials.address, queue);
        await broker.createQueue(queue, options);
      },
    };
  }

  test('loses what waited, as a finding, and opens the consumers again', async () => {
    const result = await crash(trials, { seed: 7, brokerOf: lateToRestore });
    expect(result.reasons).toEqual([]);
    expect(result).toMatchObject({ verdict: 'pass', numbersValid: true });
    const { ledger, recovery } = result;
    expect(ledger!.lost).toBeGreaterThan(0);
    // No more than waited or was under way: all that was given out or came later was stored.
    const { backlogAtKill, inFlightAtKill } = recovery!;
    expect(ledger!.lost).toBeLessThanOrEqual(backlogAtKill + inFlightAtKill);
    expect(ledger).toMatchObject({ stuck: 0, doubleEffects: 0, phantom: 0, residual: 0 });
    expect(ledger!.ok).toBe(ledger!.counted - ledger!.recovered + ledger!.lost);
    expect(recovery).toMatchObject({ endedBy: 'SIGKILL', queueLost: true, consumersReopened: 1 });
    expect(recovery!.lossWindowMs).toBeGreaterThan(0);
    expect(recovery!.firstAcknowledgementMs).toBeGreaterThan(0);
    expect(recovery!.firstDeliveryMs).toBeGreaterThan(0);
    expect(() => trialResultSchema.parse(result)).not.toThrow();
  });

  test('fails all the same for a like that was acknowledged after it and lost', async () => {
    const { result } = await trials.run({
      mode: 'crash',
      seed: FAULTS.loss,
      // That like falls due after 5 s, when the server is there again, and the load goes on for it.
      likesPerS: 1_000,
      measureS: 7,
      goOnS: 7,
    });
    expect(result!.recovery!.firstAcknowledgementMs).toBeGreaterThan(0);
    expect(result!.reasons.slice(0, 2)).toEqual([
      `${result!.ledger!.lost} lost: acknowledged, never counted`,
      'some of them acknowledged after the fault, which no tier excuses',
    ]);
    expect(result!.verdict).toBe('fail');
  });

  test('proves nothing when the kill killed nobody, whatever it says', async () => {
    const { result } = await trials.run({
      mode: 'crash',
      seed: 7,
      serverOf: (server) =>
        serverLike(server, {
          kill: async () => ({ pid: server.pid!, endedBy: 'SIGKILL', portRefused: true }),
        }),
    });
    expect(result).toMatchObject({ verdict: 'unknown', numbersValid: false });
    expect(result!.reasons).toContain('void: the same process was there afterwards');
    expect(result!.reasons.every(isVoidReason)).toBe(true);
    expect(result!.ledger!.lost).toBe(0);
  });

  test('leaves a running server to the next trial when a worker dies of it', async () => {
    let trialFolder = '';
    /** Of the server, whenever the queue was to be deleted. */
    const pids: (number | undefined)[] = [];
    const { result } = await trials.run({
      mode: 'crash',
      seed: FAULTS.named,
      onProgress: (_, folder) => {
        trialFolder = folder;
      },
      serverOf: (server) =>
        serverLike(server, {
          async kill() {
            const proof = await server.kill();
            const pid = readFileSync(join(trialFolder, 'consumer-0.records.pid'), 'utf8');
            process.kill(Number(pid), 'SIGKILL');
            return proof;
          },
          async start() {
            await expect.poll(workerPids, { interval: LOOK_MS, timeout: 10_000 }).toEqual([]);
            await server.start();
          },
        }),
      brokerOf: (broker) => ({
        ...broker,
        deleteQueue(queue) {
          pids.push(trials.server.pid);
          return broker.deleteQueue(queue);
        },
      }),
    });
    expect(result!.reasons).toEqual([expect.stringMatching(/^the consumer ended by SIGKILL/)]);
    expect(pids).toEqual([trials.server.pid]);
    expect(trials.server.pid).toBeGreaterThan(0);
  });
});

test('a crash where survival is promised loses nothing, and there is proof of it', async () => {
  await using trials = await openRealTrials(BROKER, { tier: 'kill' });
  let pid: number | undefined;
  const result = await crash(trials, {
    seed: 7,
    consumers: 2,
    serverOf(server) {
      pid = server.pid;
      return server;
    },
  });
  expect(result.reasons).toEqual([]);
  expect(result).toMatchObject({ verdict: 'pass', numbersValid: true });
  const { ledger, recovery } = result;
  expect(ledger).toMatchObject({ lost: 0, stuck: 0, doubleEffects: 0, inversions: 0, residual: 0 });
  expect(ledger!.ok).toBeGreaterThan(0);
  // The connection broke with a send under way, and nobody knows what became of it.
  expect(ledger!.unknown).toBeGreaterThan(0);
  expect(recovery).toMatchObject({ pid, endedBy: 'SIGKILL', queueLost: false });
  expect(recovery!.pidAfter).toBe(trials.server.pid);
  expect(recovery!.pidAfter).not.toBe(pid);
  expect(recovery!.lossWindowMs).toBeUndefined();
  expect(recovery!.acknowledgedInSecondBefore).toBeGreaterThanOrEqual(500);
  expect(recovery!.inFlightAtKill).toBeGreaterThan(0);
  // Held for 0.3 s at 500 likes/s or more; without that only what is on its way waits, a dozen.
  expect(recovery!.backlogAtKill).toBeGreaterThan(100);
  const { answersMs, firstAcknowledgementMs, firstDeliveryMs, drainedMs } = recovery!;
  expect(answersMs).toBeGreaterThan(0);
  expect(firstAcknowledgementMs).toBeGreaterThanOrEqual(answersMs);
  expect(firstDeliveryMs).toBeGreaterThanOrEqual(answersMs);
  expect(drainedMs).toBeGreaterThan(firstDeliveryMs!);
  // A rate across a crash would say nothing of either side of it.
  expect({ rates: result.rates, resources: result.resources }).toEqual({});
  expect(() => trialResultSchema.parse(result)).not.toThrow();
});

test('a server that promises survival and keeps all in memory fails by name', async () => {
  await using trials = await openRealTrials(BROKER, { tier: 'kill', serverTier: 'memory' });
  const { result } = await trials.run({ mode: 'crash', seed: 7 });
  expect(result).toMatchObject({ verdict: 'fail', numbersValid: false });
  expect(result!.ledger!.lost).toBeGreaterThan(0);
  expect(result!.reasons[0]).toBe(`${result!.ledger!.lost} lost: acknowledged, never counted`);
  expect(result!.recovery).toMatchObject({ endedBy: 'SIGKILL', queueLost: true });
  expect(result!.settings).toMatchObject({ appendonly: 'no' });
});

/** Resolves when a consumer was at the restarted server, found no queue there, and went away. */
async function consumersGone(address: string, queue: string): Promise<void> {
  const redis = new Redis(`redis://${address}`);
  const look = async () => {
    const there = await redis.exists(`${queue}:owners`);
    const waiting = await redis.exists(`${queue}:consumers`);
    return there === 1 && waiting === 0;
  };
  await expect.poll(look, { interval: LOOK_MS, timeout: 10_000 }).toBe(true);
  redis.disconnect();
}
