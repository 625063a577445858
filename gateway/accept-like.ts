/** What happens to one like: is there room, may its user, is it a repeat, and then its path. */
import { AwayError } from './circuit.ts';
import type { FirstAnswers } from './first-answers.ts';
import type { LikeNumber, LikePath, NewLike, Outcome } from './like-path.ts';
import type { RequestTrace } from './request-trace.ts';
import type { UserLimiter } from './user-limiter.ts';

/** What is done with likes while the store of first answers is away. */
export type IdempotencyAway = 'refuse' | 'accept';

export interface AcceptLikeOptions {
  readonly path: LikePath;
  readonly limiter: UserLimiter;
  /** Under *tally*; without it every request is a like of its own. */
  readonly repeats?: {
    readonly answers: FirstAnswers;
    readonly whenAway: IdempotencyAway;
    /** Called with each like that is sent although a repeat of it would not be known. */
    readonly sentUnkept: () => void;
  };
}

export type Answer =
  | Outcome
  | { readonly kind: 'limited'; readonly waitMs: number }
  | { readonly kind: 'answered'; readonly number: LikeNumber }
  | { readonly kind: 'under-way'; readonly leftMs: number }
  | { readonly kind: 'other-like' }
  | { readonly kind: 'keys-away' };

export type AcceptLike = (
  like: NewLike,
  key: string | undefined,
  trace?: RequestTrace,
) => Promise<Answer>;

export function likeAcceptor({ path, limiter, repeats }: AcceptLikeOptions): AcceptLike {
  async function acceptOnce(like: NewLike, key: string, trace?: RequestTrace): Promise<Answer> {
    const { answers, whenAway, sentUnkept } = repeats!;
    try {
      const claim = await answers.claim(key, like);
      if (claim.kind !== 'claimed') return claim;
      const outcome = await path.accept(like, claim.keeper, trace);
      await claim.keeper.settle(outcome);
      return outcome;
    } catch (error) {
      if (!(error instanceof AwayError)) throw error;
      if (whenAway === 'refuse') return { kind: 'keys-away' };
      sentUnkept();
      return await path.accept(like, undefined, trace);
    }
  }

  return async (like, key, trace) => {
    // Asked before anything that costs: what is shed shall be cheap, and takes no token.
    const reason = path.refusal();
    if (reason !== undefined) return { kind: 'shed', reason };
    const waitMs = await limiter.take(like.user);
    if (waitMs > 0) return { kind: 'limited', waitMs };
    if (repeats === undefined || key === undefined) {
      return await path.accept(like, undefined, trace);
    }
    return await acceptOnce(like, key, trace);
  };
}
