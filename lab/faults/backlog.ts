/** Nobody counts for a while, so that many likes wait in the server; then all are worked off. */
import type { Fault, Stage } from './fault.ts';
import { wait } from './waiting.ts';

/** Deep enough; fast brokers have so many after a few seconds. */
const DEEP_LIKES = 20_000;
/** Likes in hand are held too, so this stays well below sessions, leases and visibility timeouts,
 * all of them 10 s: what happens beyond those is another fault, the zombie. */
const HOLD_MS_MAX = 7_000;
/** Fewer more than before are no backlog, whatever the broker. */
const GROWN_LIKES_LEAST = 500;
/** ElasticMQ walks over the whole queue to answer, and does nothing else meanwhile. */
const POLL_MS = 500;

export const backlog: Fault = {
  name: 'backlog',
  summary: `consumers hold still until ${DEEP_LIKES} likes wait, or for ${HOLD_MS_MAX / 1000} s`,
  target: 'queue',
  async strike(stage) {
    const { crew, clock } = stage;
    const before = await depthOf(stage);
    const heldFromMs = performance.now();
    let deepest = before;
    crew.holdConsumers(true);
    try {
      const deadlineMs = heldFromMs + HOLD_MS_MAX;
      while (deepest < DEEP_LIKES && performance.now() + POLL_MS < deadlineMs) {
        await wait(POLL_MS, stage);
        deepest = Math.max(deepest, await depthOf(stage));
      }
    } finally {
      crew.holdConsumers(false);
    }
    const recoversFromUs = clock.nowUs();
    const heldMs = Math.round(performance.now() - heldFromMs);
    const grown = deepest - before;
    const doubts =
      grown >= GROWN_LIKES_LEAST ? [] : [`the backlog grew by ${grown} likes only in ${heldMs} ms`];
    return {
      facts: { backlogBefore: before, backlogDeepest: deepest, heldMs },
      doubts,
      recoversFromUs,
    };
  },
};

/** The server's own word. */
async function depthOf({ broker, queue }: Stage): Promise<number> {
  const { waiting, unacknowledged } = await broker.backlog(queue);
  return waiting + unacknowledged;
}
