/** The steps of a like's way, and its name on it, for whoever counts, times or traces likes. */
import type { Like } from './like.ts';

/** Over HTTP through a queue into the count, in their order. Between two of them lies a hop. */
export const LIKE_STEPS = [
  /** The user presses: the schedule says so, whatever the system does. */
  'due',
  /** A gateway has read the head of its request. */
  'received',
  /** It is valid and allowed, and waits in the gateway's line. */
  'waiting',
  /** A send that carries it has begun. */
  'sent',
  /** The broker has acknowledged that send. */
  'acknowledged',
  /** A consumer has handed it to the code that counts. */
  'delivered',
  /** The transaction that counts it has begun. */
  'begun',
  /** That transaction has committed. */
  'visible',
] as const;
export type LikeStep = (typeof LIKE_STEPS)[number];

/** Counts likes at a step; `atUs` where that is not now. Sums alone, so that it costs little. */
export type CountStep = (step: LikeStep, likes?: number, atUs?: number) => void;

/** The name by which messages, and so spans, know a like. */
export function messageIdOf({ source, seq }: Pick<Like, 'source' | 'seq'>): string {
  return `${source}.${seq}`;
}
