/**
 * The faults that need no equipment, on real servers with real workers. They run side by side:
 * most of their time is spent on waiting for somebody to be taken for dead.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../lab/faults/fault.ts';
import { faultNamed } from '../../lab/faults/index.ts';
import { KIND } from '../../lab/record-format.ts';
import { Names, readRecords } from '../../lab/record-reader.ts';
import { type TrialResult, trialResultSchema } from '../../lab/trial-result.ts';
import { STORE_STEPS } from '../../lab/worker-messages.ts';
import { openRealTrials, serverLike, type TrialOrder } from './real-trials.ts';

const BROKER = 'redis-streams';
const ACKNOWLEDGED_LEAST = 100;
const LIKES_PER_S = 900;
/** Two cores bear a few trials side by side, each with three to five processes and a server. */
const TRIALS_AT_ONCE = 3;
/** The wait for those before is in it. */
const TEST_TIMEOUT_MS = 480_000;
const TRIES_MAX = 2;
/** A zombie sleeps for longer; whatever else is stored, is stored sooner. */
const ASLEEP_US = 10_000_000;
/**
 * What a busy machine does to a strike: void, with all the rest in order. One in four may be, as
 * long as any is valid; everything else is the test's business.
 */
const BUSY = /no send was under way|likes were acknowledged in the second before/;

type FaultsResult = NonNullable<TrialResult['faults']>;
type Struck = TrialResult & { readonly faults: FaultsResult };

interface Order extends Pick<TrialOrder, 'serverOf' | 'onProgress'> {
  readonly strikes?: number;
  readonly seed?: number;
  readonly consumers?: number;
}

const waiting: (() => void)[] = [];
let running = 0;

/** A trial when it is its turn. */
async function strike(fault: Fault, order: Order = {}): Promise<Struck> {
  if (running === TRIALS_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await strikeNow(fault, order);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

/** On a server of its own, and tried again while the machine is too busy for it. */
async function strikeNow(fault: Fault, order: Order): Promise<Struck> {
  const { strikes = 1, seed = 7, consumers = Math.max(2, fault.consumers ?? 0), ...rest } = order;
  await using trials = await openRealTrials(BROKER, { tier: 'kill' });
  for (let tries = 1; ; tries++) {
    const { result } = await trials.run({
      mode: 'faults',
      seed,
      consumers,
      likesPerS: LIKES_PER_S,
      faults: {
        ...{ fault, strikes, firstAfterS: 0.3, goOnS: 0.3 },
        acknowledgedLeast: ACKNOWLEDGED_LEAST,
      },
      ...rest,
    });
    const struck = { ...result!, faults: result!.faults! };
    if (busyOf(struck) === 0 || tries === TRIES_MAX) return struck;
  }
}

function busyOf({ faults }: Struck): number {
  return faults.strikes.filter(({ doubts }) => doubts.some((doubt) => BUSY.test(doubt))).length;
}

/** Doubts of all strikes but those that the machine has made. */
function doubtsOf({ faults }: Struck): string[] {
  return faults.strikes.flatMap(({ doubts }) => doubts).filter((doubt) => !BUSY.test(doubt));
}

/** All of what a fault of these leaves behind where the broker keeps its promise. */
function expectKept(struck: Struck, strikes: number): void {
  const { faults, ...result } = struck;
  expect(doubtsOf(struck)).toEqual([]);
  expect(result.reasons).toEqual([]);
  expect(result).toMatchObject({ verdict: 'pass', numbersValid: true });
  const busy = busyOf(struck);
  expect(busy).toBeLessThanOrEqual(Math.ceil(strikes / 4));
  expect(faults).toMatchObject({ valid: strikes - busy, void: busy });
  expect(faults.strikes).toHaveLength(strikes);
  const { ledger } = result;
  const clean = { lost: 0, stuck: 0, doubleEffects: 0, phantom: 0, inversions: 0, residual: 0 };
  expect(ledger).toMatchObject(clean);
  expect(ledger!.ok).toBeGreaterThan(ACKNOWLEDGED_LEAST);
  for (const one of faults.strikes) {
    expect(one).toMatchObject({ queueLost: false, lost: 0 });
    expect(one.firstAcknowledgementMs).toBeDefined();
    if (one.doubts.length > 0) continue;
    expect(one.inFlight).toBeGreaterThan(0);
    expect(one.acknowledgedInSecondBefore).toBeGreaterThanOrEqual(ACKNOWLEDGED_LEAST);
  }
  // A rate across a fault would say nothing of either side of it.
  expect({ rates: result.rates, resources: result.resources }).toEqual({});
  expect(() => trialResultSchema.parse({ ...result, faults })).not.toThrow();
}

function proofsOf({ faults }: Struck) {
  return faults.strikes.map(({ proof }) => proof);
}

describe.concurrent('kept, with proof from the system, is what is promised under', () => {
  test('store-steps: at each of them once', { timeout: TEST_TIMEOUT_MS }, async () => {
    const struck = await strike(faultNamed('store-steps'), { strikes: STORE_STEPS.length });
    expectKept(struck, STORE_STEPS.length);
    const proofs = proofsOf(struck);
    expect(proofs.map(({ step }) => step).sort()).toEqual([...STORE_STEPS].sort());
    for (const { endedBy, likes } of proofs) {
      expect(endedBy).toBe('SIGKILL');
      expect(likes).toBeGreaterThan(0);
    }
  });

  test('server-kill: each time another process', { timeout: TEST_TIMEOUT_MS }, async () => {
    const struck = await strike(faultNamed('server-kill'), { strikes: 2 });
    expectKept(struck, 2);
    const [first, second] = proofsOf(struck);
    expect(first).toMatchObject({ endedBy: 'SIGKILL', portRefused: true });
    expect(second!.pid).toBe(first!.pidAfter);
    expect(new Set([first!.pid, second!.pid, second!.pidAfter]).size).toBe(3);
    // The consumers were held before, so that likes waited in the server.
    expect(struck.faults.strikes[0]!.backlog).toBeGreaterThan(100);
  });

  test('server-pause', { timeout: TEST_TIMEOUT_MS }, async () => {
    const struck = await strike(faultNamed('server-pause'));
    expectKept(struck, 1);
    const [proof] = proofsOf(struck);
    expect(proof).toMatchObject({ stateAtStop: 'T', stateBeforeContinue: 'T' });
    expect(proof!.stoodStillMs).toBeGreaterThan(15_000);
    expect(struck.faults.strikes[0]!.tookMs).toBeGreaterThan(15_000);
  });

  test('consumer-kill: what it had in its hands comes again', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const struck = await strike(faultNamed('consumer-kill'), { strikes: 2 });
    expectKept(struck, 2);
    const inHand = proofsOf(struck).map((proof) => Number(proof.inHand));
    for (const likes of inHand) expect(likes).toBeGreaterThan(0);
    const sum = inHand.reduce((total, likes) => total + likes);
    expect(struck.ledger!.redelivered).toBeGreaterThanOrEqual(sum);
    expect(new Set(proofsOf(struck).map(({ pid }) => pid)).size).toBe(2);
  });

  test('zombie: what it had in its hands is stored twice, and counted once', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    let seenLate = 0;
    const struck = await strike(faultNamed('zombie'), {
      onProgress({ phase }, folder) {
        if (phase === 'checking') seenLate = likesSeenLate(folder);
      },
    });
    expectKept(struck, 1);
    const [proof] = proofsOf(struck);
    expect(proof).toMatchObject({ stateAtStop: 'T', stateBeforeContinue: 'T' });
    expect(proof!.inHand).toBeGreaterThan(0);
    // All of it, by the one that slept, as what somebody else had counted meanwhile.
    expect(seenLate).toBe(proof!.inHand);
    expect(struck.ledger!.redelivered).toBeGreaterThanOrEqual(seenLate);
  });

  test('rolling-deploy: every consumer ends by itself', { timeout: TEST_TIMEOUT_MS }, async () => {
    const struck = await strike(faultNamed('rolling-deploy'), { consumers: 3 });
    expectKept(struck, 1);
    expect(proofsOf(struck)).toMatchObject([{ replaced: 3 }]);
  });

  test('rebalance-storm', { timeout: TEST_TIMEOUT_MS }, async () => {
    const struck = await strike(faultNamed('rebalance-storm'));
    expectKept(struck, 1);
    expect(proofsOf(struck)).toMatchObject([{ joinedAndLeft: 4 }]);
  });

  test('producer-kill: its successor is a source of its own', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const struck = await strike(faultNamed('producer-kill'), { strikes: 2 });
    expectKept(struck, 2);
    const [first, second] = proofsOf(struck);
    expect(second!.pid).toBe(first!.pidAfter);
    // Whoever was killed with a send under way has no answer to it.
    expect(struck.ledger!.unknown).toBeGreaterThan(0);
  });
});

/** What is planted to prove nothing. Each is a trial that nobody may call a pass. */
describe.concurrent('void, and never a pass, is a strike', () => {
  function expectVoid(struck: Struck, doubt: RegExp): void {
    const { faults, ...result } = struck;
    expect(faults).toMatchObject({ valid: 0, void: 1 });
    expect(doubtsOf(struck)).toEqual([expect.stringMatching(doubt)]);
    expect(result).toMatchObject({ verdict: 'unknown', numbersValid: false });
    expect(result.reasons).toEqual(faults.strikes[0]!.doubts.map((text) => `void: ${text}`));
    expect(result.ledger).toMatchObject({ lost: 0, doubleEffects: 0, residual: 0 });
  }

  test('whose server ended by another signal', { timeout: TEST_TIMEOUT_MS }, async () => {
    const struck = await strike(faultNamed('server-kill'), {
      serverOf: (server) =>
        serverLike(server, {
          kill: async () => ({ ...(await server.kill()), endedBy: 'SIGTERM' }),
        }),
    });
    expectVoid(struck, /^the server ended by SIGTERM, not by SIGKILL$/);
  });

  test('that killed nobody, whatever it says', { timeout: TEST_TIMEOUT_MS }, async () => {
    const struck = await strike(faultNamed('server-kill'), {
      serverOf: (server) =>
        serverLike(server, {
          kill: async () => ({ pid: server.pid!, endedBy: 'SIGKILL', portRefused: true }),
        }),
    });
    expectVoid(struck, /^the same process was there afterwards$/);
  });

  test('after which the process did not stand still', { timeout: TEST_TIMEOUT_MS }, async () => {
    const restless = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000)']);
    const waking = setInterval(() => restless.kill('SIGCONT'), 100);
    try {
      const struck = await strike(faultNamed('server-pause'), {
        serverOf: (server) => serverLike(server, { pid: restless.pid! }),
      });
      expectVoid(struck, /^the process was in state T after SIGSTOP and [RSD] before SIGCONT/);
    } finally {
      clearInterval(waking);
      restless.kill('SIGKILL');
    }
  });

  test('in which nobody was killed at the step', { timeout: TEST_TIMEOUT_MS }, async () => {
    const real = faultNamed('store-steps');
    /** Says which batch it was, and that it died before the acknowledgement; it never died. */
    const pretended: Fault = {
      ...real,
      async strike({ crew }) {
        expect(crew.consumers.length).toBeGreaterThan(0);
        const facts = { step: 'before-acknowledgement', endedBy: 'SIGKILL', source: 'x', seq: 3 };
        return { facts, doubts: [] };
      },
    };
    expectVoid(await strike(pretended), /^the batch came 0 times afterwards/);
  });
});

/**
 * Likes that a consumer was given and stored only when it had slept, as `seen`: another one had
 * counted them. A like that was asleep and fresh would be one that nobody else was given.
 */
function likesSeenLate(folder: string): number {
  let late = 0;
  for (const name of readdirSync(folder).filter((file) => /^consumer-\d+\.records$/.test(file))) {
    const names = new Names();
    const deliveredUs = new Map<string, number>();
    const blocks = readRecords(join(folder, name), names, () => undefined);
    for (const { kind, count, source, seq, timeUs } of blocks) {
      for (let index = 0; index < count; index++) {
        const like = `${source} ${seq(index)}`;
        if (kind === KIND.delivered) deliveredUs.set(like, timeUs);
        const sinceUs = timeUs - (deliveredUs.get(like) ?? timeUs);
        if (kind === KIND.seen && sinceUs > ASLEEP_US) late++;
        if (kind === KIND.fresh) expect(sinceUs).toBeLessThan(ASLEEP_US);
      }
    }
  }
  return late;
}
