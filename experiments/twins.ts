/** Which broker runs along under two names, so that every comparison has its noise beside it. */
import type { Profile } from '../lab/experiment.ts';
import { LAB_CEILING } from '../lab/lab-bound.ts';
import type { Contender } from '../lab/trial-plan.ts';

/** Its trials are short at any rate, and its server starts at once. */
const PREFERRED = 'redis-streams';

/** In `full` one: Redis Streams, or the first broker of the run where that is not among them. */
export function twinInFull(
  contenders: readonly Contender[],
  profile: Profile,
): readonly Contender[] {
  if (profile !== 'full') return [];
  const competing = contenders.filter(({ broker }) => broker !== LAB_CEILING);
  const found = competing.find(({ broker }) => broker === PREFERRED) ?? competing[0];
  return found === undefined ? [] : [found];
}
