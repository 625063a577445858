/**
 * What a gateway tells of a request for a like, step by step, to whoever traces or counts it. The
 * times are taken by who is told. None of these throws.
 */
import type { LikeHeaders, SendOutcome } from '../likes/like.ts';
import type { LikeNumber } from './like-path.ts';

export interface RequestTracer {
  /** The head of a request for a like was read. Undefined: nothing of it is to be told. */
  received(headers: Readonly<Record<string, unknown>>): RequestTrace | undefined;
}

export interface RequestTrace {
  /** It is valid and allowed, and waits in the line. */
  waits(): void;
  /** A send that carries so many likes, this one among them, begins. What travels with the like. */
  sends(number: LikeNumber, likes: number): LikeHeaders | undefined;
  /** That send has its outcome, which may be after the answer. */
  settles(outcome: SendOutcome): void;
  /** The last byte of the answer was handed to the connection. */
  answered(status: number): void;
}
