/** Which steps of a move are tried where there is no time for all: other ones every day. */
import { Random } from '../../../likes/workloads/random.ts';
import { MOVE_STEPS, type MoveStep } from '../../../store/move/steps.ts';

const DAY_MS = 86_400_000;
const STEP_SEQUENCE = 71;

export const DAY_SEED = Math.floor(Date.now() / DAY_MS);

/** So many different ones, the same all day long. */
export function stepsOfToday(count: number): MoveStep[] {
  const random = Random.seeded(DAY_SEED, STEP_SEQUENCE);
  const left = [...MOVE_STEPS];
  return Array.from({ length: count }, () => left.splice(random.nextBelow(left.length), 1)[0]!);
}
