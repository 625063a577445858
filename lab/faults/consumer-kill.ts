/** A consumer dies with likes in its hands, and another one is started in its place. */
import type { Fault } from './fault.ts';
import { aConsumerAtWork } from './victims.ts';
import { untilSending } from './waiting.ts';

export const consumerKill: Fault = {
  name: 'consumer-kill',
  summary: 'SIGKILL of a consumer with a batch in its hands; another one is started',
  target: 'consumer',
  async strike(stage) {
    const { crew, clock, signal } = stage;
    const { victim, inHand } = await aConsumerAtWork(stage);
    await untilSending(stage);
    const struckUs = clock.nowUs();
    const { pid, endedBy } = await victim.kill();
    const recoversFromUs = clock.nowUs();
    await crew.whileAlive(crew.openConsumer(), signal);
    const doubts = endedBy === 'SIGKILL' ? [] : [`the consumer ended by ${endedBy}`];
    if (inHand === undefined) doubts.push('no consumer was given any like');
    return {
      facts: { pid, endedBy, inHand: inHand?.likes ?? 0 },
      doubts,
      recoversFromUs,
      struckUs,
    };
  },
};
