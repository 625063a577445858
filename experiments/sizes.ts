/** How many likes a trial gets where nobody chose: as many as pass in a given time, roughly. */
import type { StepOrder } from '../lab/experiment.ts';

/** Fewer would be over before they said anything. */
const LIKES_LEAST = 500;

/** The user's own number, or what the broker takes in about `seconds`, at most `likesMost`. */
export function sizeOf(
  { likes, contender }: StepOrder,
  size: { readonly seconds: number; readonly likesMost: number },
): number | 'all' {
  const rough = Math.round(contender.likesPerSRough * size.seconds);
  return likes ?? Math.min(size.likesMost, Math.max(LIKES_LEAST, rough));
}

/** The lab's own ceiling has nothing to say on order and survival. */
export function isCeiling({ contender }: StepOrder): boolean {
  return contender.broker === 'null';
}
