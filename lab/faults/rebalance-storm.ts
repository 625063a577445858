/** Consumers come and go so fast that lanes are shared out again and again. */
import type { Fault } from './fault.ts';

const NEWCOMERS = 4;

export const rebalanceStorm: Fault = {
  name: 'rebalance-storm',
  summary: `${NEWCOMERS} consumers join, each is sent SIGTERM as soon as it is ready`,
  target: 'consumer',
  async strike({ crew, signal }) {
    const beganMs = performance.now();
    const ends: string[] = [];
    for (let count = 0; count < NEWCOMERS; count++) {
      const newcomer = await crew.whileAlive(crew.openConsumer(), signal);
      ends.push((await crew.whileAlive(newcomer.terminate(), signal)).endedBy);
    }
    const ungraceful = ends.filter((endedBy) => endedBy !== 'exit code 0');
    const doubts = ungraceful.map((endedBy) => `a consumer ended by ${endedBy}, not by itself`);
    const tookMs = Math.round(performance.now() - beganMs);
    const facts = { joinedAndLeft: ends.length, ungraceful: ungraceful.length, tookMs };
    return { facts, doubts };
  },
};
