/** Kills the server of a trial under load and starts it again; proof is read from the system. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KillProof } from '../brokers/servers/server.ts';
import type { Crew } from './crew.ts';
import { LabError } from './lab-error.ts';
import type { TrialContext } from './trial-context.ts';
import type { CrashPlan, TrialPlan } from './trial-plan.ts';
import { SUMS_INTERVAL_MS } from './worker-messages.ts';

/** The load gets this long to reach what the plan asks of the second before the kill. */
const LOAD_TIMEOUT_MS = 10_000;
const LOAD_POLL_MS = 20;
/** The slowest client, kafkajs, gives a send up after about 17 s, and then begins anew. */
const TAKEN_AGAIN_TIMEOUT_MS = 30_000;
/** A server that has just come up may still refuse a first request. */
const RECREATE_TIMEOUT_MS = 20_000;
const RECREATE_POLL_MS = 50;

/** What happened, on the trial's clock. */
export interface CrashFacts {
  readonly proof: KillProof;
  readonly pidAfter: number;
  /** Right before the signal was sent, when the process was reaped, and when it answered again. */
  readonly killedUs: number;
  readonly reapedUs: number;
  readonly answersUs: number;
  /** The queue was there again, too: nothing that is acknowledged from here on met the crash. */
  readonly restoredUs: number;
  /** The queue itself did not survive and was made again. */
  readonly queueLost: boolean;
}

/**
 * Waits until the load is as the plan says, holds the consumers so that a backlog builds up, kills
 * the server while a send is under way, lets the consumers go, and starts the server again.
 */
export async function crashServer(
  plan: TrialPlan & { readonly crash: CrashPlan },
  context: TrialContext,
  crew: Crew,
  queue: string,
): Promise<CrashFacts> {
  const { server } = context;
  const { clock } = crew;
  const { killAfterS, holdS, goOnS, acknowledgedLeast } = plan.crash;
  // Once a worker is dead the trial is over, and nobody's server may be killed for it.
  const { signal } = context;
  await crew.whileAlive(sleep((killAfterS - holdS) * 1000, undefined, { signal }), signal);
  await crew.whileAlive(untilLoaded(crew, acknowledgedLeast, signal), signal);
  crew.holdConsumers(true);
  await crew.whileAlive(sleep(holdS * 1000, undefined, { signal }), signal);
  await crew.whileAlive(crew.producer!.untilSending(), signal);
  const killedUs = clock.nowUs();
  const proof = await server.kill();
  const reapedUs = clock.nowUs();
  // What they hold is stored now and cannot be acknowledged: it has to come again.
  crew.holdConsumers(false);
  await server.start();
  const answersUs = clock.nowUs();
  const queueLost = await createIfLost(plan, context, queue);
  const restoredUs = clock.nowUs();
  await goOn(crew, goOnS, signal);
  const pidAfter = server.pid ?? 0;
  return { proof, pidAfter, killedUs, reapedUs, answersUs, restoredUs, queueLost };
}

/** Until at least so many likes were acknowledged within a second, by the producer's own sums. */
async function untilLoaded(crew: Crew, least: number, signal: AbortSignal): Promise<void> {
  const okAt: { ms: number; ok: number }[] = [];
  const deadlineMs = performance.now() + LOAD_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const now = { ms: performance.now(), ok: crew.producer?.produced.ok ?? 0 };
    okAt.push(now);
    const before = okAt.findLast(({ ms }) => now.ms - ms >= 1000);
    if (before !== undefined && now.ok - before.ok >= least) return;
    await sleep(LOAD_POLL_MS, undefined, { signal });
  }
  throw new LabError(
    'STALLED',
    `fewer than ${least} likes were acknowledged in any second, so a kill would prove nothing; ` +
      'look why the producer is so slow',
  );
}

/** Ends the load when it has gone on for long enough after likes are acknowledged again. */
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
  crew.producer!.tell({ kind: 'end' });
}

/** Until likes are acknowledged again, or the load ends without any: that is judged later. */
async function untilTakenAgain(crew: Crew, signal: AbortSignal): Promise<void> {
  const okNow = () => crew.producer?.produced.ok ?? 0;
  // By then the sums hold all that was acknowledged before the kill.
  await sleep(2 * SUMS_INTERVAL_MS, undefined, { signal });
  const okBefore = okNow();
  const deadlineMs = performance.now() + TAKEN_AGAIN_TIMEOUT_MS;
  while (okNow() === okBefore && performance.now() < deadlineMs) {
    await sleep(LOAD_POLL_MS, undefined, { signal });
  }
}

/** True when the queue was gone. What was in memory only is, the queue itself included. */
async function createIfLost(
  plan: TrialPlan,
  { broker, signal }: TrialContext,
  queue: string,
): Promise<boolean> {
  const deadlineMs = performance.now() + RECREATE_TIMEOUT_MS;
  let wasLost = false;
  for (;;) {
    try {
      if (!wasLost && (await broker.hasQueue(queue))) return false;
      wasLost = true;
      await broker.createQueue(queue, { lanes: plan.lanes });
      return true;
    } catch (error) {
      // A try that broke off half-way may have made the queue all the same.
      if (wasLost && (await broker.hasQueue(queue).catch(() => false))) return true;
      if (performance.now() > deadlineMs) throw error;
    }
    await sleep(RECREATE_POLL_MS, undefined, { signal });
  }
}
