/** Finds the consumer that a fault strikes: one that has likes in its hands right now. */
import type { CrewMember } from '../crew-member.ts';
import { LabError } from '../lab-error.ts';
import type { InHand } from '../worker-messages.ts';
import type { Stage } from './fault.ts';

/** After another fault the likes of a lane may wait for a session, a lease or a visibility timeout
 * of 10 s, and BullMQ looks for stalled jobs every 5 s. */
const WORK_TIMEOUT_MS = 20_000;

export interface Victim {
  readonly victim: CrewMember;
  /** What it was given and has not stored, and stays like that, since it is held. Undefined when
   * nobody was given any in time. */
  readonly inHand: InHand | undefined;
}

/** The consumers, beginning with one that the trial's seed chooses. */
export function inTurn({ crew, random }: Stage): readonly CrewMember[] {
  const first = random.nextBelow(Math.max(1, crew.consumers.length));
  return [...crew.consumers.slice(first), ...crew.consumers.slice(0, first)];
}

/** The first in turn that is given likes in time; the others go on. */
export async function aConsumerAtWork(stage: Stage): Promise<Victim> {
  const ordered = inTurn(stage);
  // One that owns no lane is given nothing; then the next one is taken.
  for (const victim of ordered) {
    const limitMs = Math.round(WORK_TIMEOUT_MS / ordered.length);
    const inHand = await stage.crew.whileAlive(victim.untilHolding(limitMs), stage.signal);
    if (inHand !== undefined) return { victim, inHand };
    victim.tell({ kind: 'hold', held: false });
  }
  const [victim] = ordered;
  if (victim !== undefined) return { victim, inHand: undefined };
  throw new LabError('STALLED', 'no consumer is left to strike; look why they ended');
}
