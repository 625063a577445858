/**
 * The zombie: a consumer stands still with a batch in its hands until everybody takes it for dead
 * and its likes are another's, and then goes on as if nothing had been.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import { doubtsOfStillness, whileStopped } from './process-state.ts';
import { aConsumerAtWork } from './victims.ts';
import { untilSending } from './waiting.ts';

/** Sessions, leases, locks and visibility timeouts are 10 s; BullMQ looks for jobs without a lock
 * every 5 s. */
const PAUSE_S = 16;

export const zombie: Fault = {
  name: 'zombie',
  summary: `SIGSTOP of a consumer with a batch in its hands for ${PAUSE_S} s, then SIGCONT`,
  target: 'consumer',
  consumers: 3,
  // While it slept its likes must have become another's, or nobody took it for dead.
  doubtsAfterwards: ({ source }, timesAgain) =>
    source !== undefined && timesAgain === 0 ? ['nobody else was given its batch meanwhile'] : [],
  async strike(stage) {
    const { clock, signal } = stage;
    const { victim, inHand } = await aConsumerAtWork(stage);
    await untilSending(stage);
    const struckUs = clock.nowUs();
    const stillness = await whileStopped(victim.pid, async () => {
      await sleep(PAUSE_S * 1000, undefined, { signal });
      // It finds this word when it wakes up, and stores what it has had in its hands all along.
      victim.tell({ kind: 'hold', held: false });
    });
    const recoversFromUs = clock.nowUs();
    const doubts = doubtsOfStillness(stillness);
    if (inHand === undefined) doubts.push('no consumer was given any like');
    const { likes = 0, ...first } = inHand ?? {};
    const facts = { ...stillness, inHand: likes, ...first };
    return { facts, doubts, recoversFromUs, struckUs, countsFromUs: struckUs };
  },
};
