/** Puts what passes through a producer, or into a store, into the sums of its path. */
import { type LikeProducer, RefusedLikesError, SendError } from '../../likes/like.ts';
import type { CommitObserver, CountingRule } from '../../store/count-store.ts';
import type { AppliesLikes } from '../../store/hot/apply-parts.ts';
import type { PathSums } from './path-sums.ts';

/** A part of a SumsKeeper. */
export interface AddsSums {
  add(change: Partial<PathSums>): void;
}

/**
 * Under *tally* a like may be sent again under its first number, also by another gateway; it is in
 * the sums once, by the send of whoever numbered it. So numbers of others, and those that are not
 * larger than all before, are left out.
 * @param isOwn whether likes of this source are numbered here
 */
export function keepingPublished(
  producer: LikeProducer,
  sums: AddsSums,
  isOwn: (source: string) => boolean,
): LikeProducer {
  let seqLast = -1;
  return {
    async send(likes, headersOf) {
      const isNew = likes.map(({ source, seq }) => {
        if (!isOwn(source) || seq <= seqLast) return false;
        seqLast = seq;
        return true;
      });
      try {
        await producer.send(likes, headersOf);
        sums.add({ published: isNew.filter(Boolean).length });
      } catch (error) {
        const known = error instanceof SendError && error.outcomes.length === likes.length;
        const outcomeAt = (place: number) => (known ? error.outcomes[place] : 'unknown');
        const count = (wanted: string) =>
          isNew.filter((is, place) => is && outcomeAt(place) === wanted).length;
        sums.add({ published: count('ok'), unknown: count('unknown') });
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  };
}

/**
 * Told before the consumer acknowledges: a like that the queue no longer has is in the sums. Under
 * *tally* that is when its mark is committed; under *states* when its whole batch is stored, since
 * of a batch that failed in part all comes again, and nothing there tells it from a new one.
 */
export function keepingSettled(
  store: AppliesLikes,
  rule: CountingRule,
  sums: AddsSums,
): AppliesLikes {
  if (rule === 'tally') {
    return {
      apply(likes, committed, ...more) {
        const told: CommitObserver = (commit) => {
          sums.add({ settled: commit.fresh.length });
          committed?.(commit);
        };
        return store.apply(likes, told, ...more);
      },
    };
  }
  return {
    async apply(likes, ...more) {
      try {
        await store.apply(likes, ...more);
        sums.add({ settled: likes.length });
      } catch (error) {
        if (error instanceof RefusedLikesError) {
          sums.add({ settled: likes.length - error.refusals.length });
        }
        throw error;
      }
    },
  };
}
