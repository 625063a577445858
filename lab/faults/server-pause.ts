/** The server stands still, as in a long collection of garbage or a frozen machine. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import { doubtsOfStillness, whileStopped } from './process-state.ts';

/** Longer than every timeout of the templates: an answer may take kafkajs 12 s and BullMQ 15 s,
 * and sessions, leases, locks and visibility timeouts are 10 s. */
const PAUSE_S = 18;

export const serverPause: Fault = {
  name: 'server-pause',
  summary: `SIGSTOP of the server process for ${PAUSE_S} s, then SIGCONT`,
  target: 'network',
  whyNot: (_, server) =>
    server.pid === undefined ? 'its process is not on this machine' : undefined,
  async strike({ server, clock, signal }) {
    const stillness = await whileStopped(server.pid!, () =>
      sleep(PAUSE_S * 1000, undefined, { signal }),
    );
    const recoversFromUs = clock.nowUs();
    return { facts: { ...stillness }, doubts: doubtsOfStillness(stillness), recoversFromUs };
  },
};
