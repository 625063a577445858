/** A store that gets one like a transaction: what coalescing is compared with. */
import { type HandleLikes, type Refusal, RefusedLikesError } from '../../likes/like.ts';
import type { CountsLikes } from '../consume.ts';

/**
 * Likes of a batch at most: at 10 ms each it takes 2 s, well within the session of any consumer,
 * which else would lose its lanes to itself again and again.
 */
export const SINGLE_UPDATES_PER_BATCH_MAX = 200;

/** The likes of a batch go one after the other, as a worker does that takes one message a time. */
export function withSingleUpdates(store: CountsLikes): CountsLikes {
  return {
    async apply(likes, committed, placeOf, written, begins) {
      const refusals: Refusal[] = [];
      for (const [index, like] of likes.entries()) {
        await applyOne(store, like, {
          committed: ({ shard, fresh, seen }) =>
            committed({
              ...(shard !== undefined && { shard }),
              fresh: fresh.map(() => index),
              seen: seen.map(() => index),
            }),
          placeOf: placeOf && (() => placeOf(index)),
          written,
          begins: begins && ((places) => begins(places.map(() => index))),
        }).catch((error: unknown) => refusals.push(refusalIn(error, index)));
      }
      if (refusals.length > 0) throw new RefusedLikesError(refusals);
    },
    settings: () => store.settings(),
    hot: store.hot,
  };
}

type Apply = Parameters<CountsLikes['apply']>;

function applyOne(
  store: CountsLikes,
  like: Parameters<HandleLikes>[0][number],
  told: { committed: Apply[1]; placeOf: Apply[2]; written: Apply[3]; begins: Apply[4] },
): Promise<void> {
  return store.apply([like], told.committed, told.placeOf, told.written, told.begins);
}

/** @throws the error itself where it is no refusal: an outage ends the batch */
function refusalIn(error: unknown, index: number): Refusal {
  if (!(error instanceof RefusedLikesError)) throw error;
  return { index, reason: error.refusals[0]?.reason ?? error.message };
}
