/** The way of a like from the gateway into the counts: through a queue, or directly. */
import type { Like } from '../likes/like.ts';
import type { RequestTrace } from './request-trace.ts';

/** A like that nobody has numbered yet. */
export type NewLike = Omit<Like, 'source' | 'seq'>;

/** Who a like is for ever. */
export type LikeNumber = Pick<Like, 'source' | 'seq'>;

/**
 * Why a like was not even handed on, so that it is certainly not stored:
 * `full`, too many wait; `too-old`, it waited too long; `away`, what it would be handed to does not
 * answer; `overloaded`, this process is late; `draining`, it is about to end; `unkept`, its number
 * could not be kept for a repeat.
 */
export const SHED_REASONS = [
  'full',
  'too-old',
  'away',
  'overloaded',
  'draining',
  'unkept',
] as const;
export type ShedReason = (typeof SHED_REASONS)[number];

export type Outcome =
  /** Acknowledged by the broker, or committed by the database. */
  | { readonly kind: 'accepted'; readonly number: LikeNumber }
  | { readonly kind: 'shed'; readonly reason: ShedReason }
  /** Handed on, and provably refused. */
  | { readonly kind: 'refused' }
  /** Handed on; whether it is stored nobody knows. */
  | { readonly kind: 'unknown' };

/**
 * What remembers the number of a like, so that a repeat of the request is the same like again.
 * Without one, a repeat is another like.
 */
export interface NumberKeeper {
  /** The number that an earlier try of the same request got and may have been stored under. */
  readonly number: LikeNumber | undefined;
  /** Called before the like is handed on. False: it must not be. Never rejects. */
  keep(number: LikeNumber): Promise<boolean>;
}

/** What waits and what is under way, in likes; `sends` in sends. */
export interface PathLoad {
  readonly waiting: number;
  readonly inFlight: number;
  readonly sends: number;
}

export interface LikePath extends AsyncDisposable {
  /** The reason for which a like that came now would be shed at once; undefined: it would not. */
  refusal(): ShedReason | undefined;
  /** Resolves within `waitMsMax` and `answerMsMax` together. Never rejects. */
  accept(like: NewLike, keeper?: NumberKeeper, trace?: RequestTrace): Promise<Outcome>;
  /** Takes no more likes, hands on without a linger what waits; resolves when all is answered. */
  drain(): Promise<void>;
  load(): PathLoad;
}

/** What a path tells of its sends, for whoever counts them. */
export interface PathObserver {
  /** One send has been settled, however late. `error`: why not all of its likes were taken. */
  sent(counts: SendCounts, durationMs: number, error?: unknown): void;
}

export interface SendCounts {
  readonly ok: number;
  readonly fail: number;
  readonly unknown: number;
}
