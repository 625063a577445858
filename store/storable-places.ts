/** Which likes of a batch a store can keep at all, whatever engine it has. Pure. */
import type { Like, Refusal } from '../likes/like.ts';
import type { CountingRule } from './count-store.ts';

/** The names that a rule keeps of a like. */
const NAMES_KEPT = {
  tally: ['post', 'source'],
  states: ['post', 'source', 'user'],
} as const satisfies Record<CountingRule, readonly (keyof Like)[]>;

/**
 * Engines keep text as UTF-8, where all lone surrogates are one and the same character: two posts,
 * or two sources, could not be told apart any more. So such likes are refused.
 */
export function storablePlaces(
  likes: readonly Like[],
  refusals: Refusal[],
  rule: CountingRule = 'tally',
): number[] {
  const places: number[] = [];
  for (let index = 0; index < likes.length; index++) {
    const like = likes[index]!;
    const field = NAMES_KEPT[rule].find((name) => !like[name].isWellFormed());
    if (field === undefined) places.push(index);
    else refusals.push({ index, reason: `field "${field}" holds half of a surrogate pair` });
  }
  return places;
}
