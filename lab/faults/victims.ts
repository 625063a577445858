/** Finds the consumer that a fault strikes: one that has likes in its hands right now. */
import type { CrewMember } from '../crew.ts';
import type { Stage } from './fault.ts';

/** After another fault the likes of a lane may wait for a session, a lease or a visibility timeout
 * of 10 s, and BullMQ looks for stalled jobs every 5 s. */
const WORK_TIMEOUT_MS = 20_000;

export interface Victim {
  readonly victim: CrewMember;
  /** Likes that it was given and has not stored; it is held, so it stays like that. */
  readonly inHand: number;
}

/** The consumers, beginning with one that the trial's seed chooses. */
export function inTurn({ crew, random }: Stage): readonly CrewMember[] {
  const first = random.nextBelow(crew.consumers.length);
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
  return { victim: ordered[0]!, inHand: 0 };
}
