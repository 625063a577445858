/**
 * The zombie: a consumer stands still with a batch in its hands until everybody takes it for dead
 * and its likes are another's, and then goes on as if nothing had been.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import { doubtsOfStillness, whileStopped } from './process-state.ts';
import { aConsumerAtWork } from './victims.ts';

/** Sessions, leases, locks and visibility timeouts are 10 s; BullMQ looks for jobs without a lock
 * every 5 s. */
const PAUSE_S = 16;

export const zombie: Fault = {
  name: 'zombie',
  summary: `SIGSTOP of a consumer with a batch in its hands for ${PAUSE_S} s, then SIGCONT`,
  target: 'consumer',
  consumers: 3,
  async strike(stage) {
    const { victim, inHand } = await aConsumerAtWork(stage);
    const stillness = await whileStopped(victim.pid, async () => {
      await sleep(PAUSE_S * 1000, undefined, { signal: stage.signal });
      // It finds this word when it wakes up, and stores what it has had in its hands all along.
      victim.tell({ kind: 'hold', held: false });
    });
    const recoversFromUs = stage.clock.nowUs();
    const doubts = doubtsOfStillness(stillness);
    if (inHand === 0) doubts.push('no consumer was given any like');
    return { facts: { ...stillness, inHand }, doubts, recoversFromUs };
  },
};
