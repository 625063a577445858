/** Every consumer is replaced, one after the other, as a deployment does it. */
import type { Fault } from './fault.ts';

export const rollingDeploy: Fault = {
  name: 'rolling-deploy',
  summary: 'SIGTERM to each consumer in turn, and another one in its place',
  target: 'consumer',
  async strike({ crew, signal }) {
    let endMsMax = 0;
    const ends: string[] = [];
    for (const consumer of crew.consumers) {
      const beganMs = performance.now();
      const { endedBy } = await crew.whileAlive(consumer.terminate(), signal);
      endMsMax = Math.max(endMsMax, performance.now() - beganMs);
      ends.push(endedBy);
      await crew.whileAlive(crew.openConsumer(), signal);
    }
    const ungraceful = ends.filter((endedBy) => endedBy !== 'exit code 0');
    const doubts = ungraceful.map((endedBy) => `a consumer ended by ${endedBy}, not by itself`);
    const facts = { replaced: ends.length, ungraceful: ungraceful.length };
    return { facts: { ...facts, endMsMax: Math.round(endMsMax) }, doubts };
  },
};
