/**
 * A fault of these tests only: the same likes are in the hands of two consumers that die. Under
 * load a second kill seldom meets what the first one met, so each consumer is held as it comes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Stage } from '../../../lab/faults/fault.ts';
import type { InHand } from '../../../lab/worker-messages.ts';

/** Longer than the locks and the checks for stalled jobs of every variant. */
const WAIT_LIMIT_MS = 20_000;
const POLL_MS = 50;

export const twoDeaths: Fault = {
  name: 'two-deaths',
  summary: 'SIGKILL of two consumers one after the other, with the same likes in their hands',
  target: 'consumer',
  consumers: 1,
  async strike(stage) {
    const { crew, clock, signal } = stage;
    const struckUs = clock.nowUs();
    const first = await killHolding(stage);
    // The second one's hands are full, so what the first one had comes back and waits for a third.
    await crew.whileAlive(crew.openConsumer(), signal);
    const between = await holding(stage);
    const isBack = await cameBack(stage, between.inHand?.likes ?? 0);
    const second = await between.kill();
    await crew.whileAlive(crew.openConsumer(), signal);
    const third = await killHolding(stage);
    const recoversFromUs = clock.nowUs();
    await crew.whileAlive(crew.openConsumer(), signal);
    const ends = [first.endedBy, second.endedBy, third.endedBy];
    const doubts = ends.filter((end) => end !== 'SIGKILL').map((end) => `ended by ${end}`);
    if (!isBack) doubts.push('what the first consumer had did not come back in time');
    if (!isAmong(first.inHand, between.inHand, third.inHand)) {
      doubts.push('the last one had other likes in hand');
    }
    const facts = { endedBy: ends.join(', '), inHand: first.inHand?.likes ?? 0 };
    return { facts, doubts, recoversFromUs, struckUs };
  },
};

/** The newest consumer, held with likes in its hands, and the way to end it. */
async function holding({ crew, signal }: Stage) {
  const victim = crew.consumers.at(-1)!;
  const inHand = await crew.whileAlive(victim.untilHolding(WAIT_LIMIT_MS), signal);
  return { inHand, kill: () => victim.kill() };
}

async function killHolding(stage: Stage) {
  const { inHand, kill } = await holding(stage);
  return { inHand, endedBy: (await kill()).endedBy };
}

/** Until nothing is in anybody's hands but in those of the consumer that is held. */
async function cameBack({ broker, queue, signal }: Stage, inHandLeast: number): Promise<boolean> {
  const deadlineMs = performance.now() + WAIT_LIMIT_MS;
  let most = 0;
  while (performance.now() < deadlineMs) {
    const { unacknowledged } = await broker.backlog(queue);
    // All of the dead one's come back at one check; before it both are in hand.
    if (unacknowledged >= inHandLeast && unacknowledged < most) return true;
    most = Math.max(most, unacknowledged);
    await sleep(POLL_MS, undefined, { signal });
  }
  return false;
}

/** Likes come in the order of their seqs: what the first one had is older than all that follows. */
function isAmong(
  first: InHand | undefined,
  between: InHand | undefined,
  last: InHand | undefined,
): boolean {
  if (first === undefined || between === undefined || last?.source !== first.source) return false;
  return last.seq >= first.seq && last.seq < between.seq;
}
