/** Strikes a trial under load, again and again, with proof; what it cost is measured afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../likes/workloads/random.ts';
import type { Crew } from './crew.ts';
import type { Fault, Proof, Stage } from './faults/fault.ts';
import { untilSending, wait } from './faults/waiting.ts';
import { LabError } from './lab-error.ts';
import type { TrialContext } from './trial-context.ts';
import { type FaultPlan, faultOfStrike, type TrialPlan } from './trial-plan.ts';
import { SUMS_INTERVAL_MS } from './worker-messages.ts';

/** The load gets this long to reach what the plan asks of the second before the fault. */
const LOAD_TIMEOUT_MS = 45_000;
const LOAD_POLL_MS = 20;
/** The slowest client, kafkajs, gives a send up after about 17 s where connections are refused, and
 * then begins anew; where they were silent for longer, the end of the load waits for its answer. */
const TAKEN_AGAIN_TIMEOUT_MS = 30_000;
/** A server that has just come up may still refuse a first request. */
const RECREATE_TIMEOUT_MS = 20_000;
const RECREATE_POLL_MS = 50;
/** Strikes come this much later at most, by the seed, so that they meet every moment alike. */
const JITTER_MS_MAX = 500;
/** Keeps the numbers of faults apart from those of the workload with the same seed. */
const FAULT_SEQUENCE = 7_019;

/** What happened at one strike, on the trial's clock. */
export interface StrikeFacts {
  /** Right before it; when it could get better; when the fault had undone itself. */
  readonly beganUs: number;
  readonly recoversFromUs: number;
  readonly overUs: number;
  /** The queue was there again, too: nothing that is acknowledged from here on met the fault. */
  readonly restoredUs: number;
  /** The queue itself did not survive and was made again. */
  readonly queueLost: boolean;
  readonly proof: Proof;
}

/** Strikes as often as the plan says; the load goes on meanwhile, and a while after the last. */
export async function strikeAll(
  plan: TrialPlan & { readonly faults: FaultPlan },
  context: TrialContext,
  crew: Crew,
  queue: string,
): Promise<StrikeFacts[]> {
  const { signal, broker, server, proxy, storeDisk } = context;
  const { strikes, firstAfterS, pauseS = 0, goOnS } = plan.faults;
  const random = Random.seeded(plan.seed, FAULT_SEQUENCE);
  const stage: Omit<Stage, 'strike'> = {
    ...{ broker, server, queue, crew, clock: crew.clock, random, signal },
    ...{
      lanes: plan.lanes,
      store: plan.store,
      seed: plan.seed,
      proxy,
      storeDisk: storeDisk?.control,
    },
  };
  // Once a worker is dead the trial is over, and nobody's server may be killed for it.
  const goOnFor = (s: number) => wait(s * 1000, { crew, signal });
  await goOnFor(firstAfterS);
  const all: StrikeFacts[] = [];
  for (let strike = 0; strike < strikes; strike++) {
    if (strike > 0 && pauseS > 0) await goOnFor(pauseS);
    context.onProgress({
      ...{ phase: 'striking', likesDone: crew.counted, likesTotal: 0, likesPerS: 0 },
      strikes: { done: strike, planned: strikes },
    });
    // What is counted is freed, as it is in time anyway: else each restart reads all that ever was,
    // and takes longer than the one before. A server that cannot now does it before the next one.
    // A log with offsets is kept, since it is read and checked at the end.
    if (broker.readLog === undefined) await broker.reclaim(queue).catch(() => undefined);
    await crew.whileAlive(untilLoaded(crew, plan.faults.acknowledgedLeast, signal), signal);
    const jitterMs = random.nextBelow(JITTER_MS_MAX);
    await goOnFor(jitterMs / 1000);
    all.push(await strikeOnce(faultOfStrike(plan.faults, strike), { ...stage, strike }, context));
  }
  await goOn(crew, goOnS, signal);
  return all;
}

async function strikeOnce(fault: Fault, stage: Stage, context: TrialContext): Promise<StrikeFacts> {
  const { crew, clock } = stage;
  if (fault.holdS !== undefined) {
    crew.holdConsumers(true);
    await wait(fault.holdS * 1000, stage);
  }
  await untilSending(stage);
  const beganUs = clock.nowUs();
  const proof = await fault.strike(stage);
  const overUs = clock.nowUs();
  crew.holdConsumers(false);
  const queueLost = await createIfLost(stage, context);
  const restoredUs = clock.nowUs();
  const recoversFromUs = proof.recoversFromUs ?? overUs;
  return { beganUs, recoversFromUs, overUs, restoredUs, queueLost, proof };
}

/** Until at least so many likes were acknowledged within a second, by the producers' own sums. */
async function untilLoaded(crew: Crew, least: number, signal: AbortSignal): Promise<void> {
  const okAt: { ms: number; ok: number }[] = [];
  const deadlineMs = performance.now() + LOAD_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const now = { ms: performance.now(), ok: crew.acknowledged };
    okAt.push(now);
    const before = okAt.findLast(({ ms }) => now.ms - ms >= 1000);
    if (before !== undefined && now.ok - before.ok >= least) return;
    await sleep(LOAD_POLL_MS, undefined, { signal });
  }
  throw new LabError(
    'STALLED',
    `fewer than ${least} likes were acknowledged in any second, so a fault would prove nothing; ` +
      'look why the producer is so slow',
  );
}

/** Until the load has gone on for long enough after likes are acknowledged again. */
async function goOn(crew: Crew, goOnS: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const shown = untilTakenAgain(crew, either).then(() =>
    sleep(goOnS * 1000, undefined, { signal: either }),
  );
  shown.catch(() => undefined); // It is called off below when nobody waits for it any more.
  try {
    // A load that has ended by itself has nothing more to show.
    await crew.whileAlive(Promise.race([shown, crew.producer!.done]), signal);
  } finally {
    over.abort();
  }
}

/** Until likes are acknowledged again, or the load ends without any: that is judged later. */
async function untilTakenAgain(crew: Crew, signal: AbortSignal): Promise<void> {
  // By then the sums hold all that was acknowledged before the fault was over.
  await sleep(2 * SUMS_INTERVAL_MS, undefined, { signal });
  const okBefore = crew.acknowledged;
  const deadlineMs = performance.now() + TAKEN_AGAIN_TIMEOUT_MS;
  while (crew.acknowledged === okBefore && performance.now() < deadlineMs) {
    await sleep(LOAD_POLL_MS, undefined, { signal });
  }
}

/** True when the queue was gone. What was in memory only is, the queue itself included. */
async function createIfLost(
  { queue, lanes }: Stage,
  { broker, signal }: TrialContext,
): Promise<boolean> {
  const deadlineMs = performance.now() + RECREATE_TIMEOUT_MS;
  let wasLost = false;
  for (;;) {
    try {
      if (!wasLost && (await broker.hasQueue(queue))) return false;
      wasLost = true;
      await broker.createQueue(queue, { lanes });
      return true;
    } catch (error) {
      // A try that broke off half-way may have made the queue all the same.
      if (wasLost && (await broker.hasQueue(queue).catch(() => false))) return true;
      if (performance.now() > deadlineMs) throw error;
    }
    await sleep(RECREATE_POLL_MS, undefined, { signal });
  }
}
