/** A producer dies with a send under way; its successor is a new source. */
import type { Fault } from './fault.ts';

export const producerKill: Fault = {
  name: 'producer-kill',
  summary: 'SIGKILL of the producer while it sends; the next one is a new source',
  target: 'producer',
  async strike({ crew, clock, signal }) {
    const { pid, endedBy } = await crew.producer!.kill();
    const recoversFromUs = clock.nowUs();
    const next = await crew.whileAlive(crew.openProducer(), signal);
    next.tell({ kind: 'start' });
    const doubts = endedBy === 'SIGKILL' ? [] : [`the producer ended by ${endedBy}`];
    return { facts: { pid, endedBy, pidAfter: next.pid }, doubts, recoversFromUs };
  },
};
