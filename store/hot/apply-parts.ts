/** Stores parts of a batch apart, as if it had been stored whole. */
import { type Refusal, RefusedLikesError } from '../../likes/like.ts';
import type { CountStore } from '../count-store.ts';

/** What the parts of the counting path before the store need of it. */
export type AppliesLikes = Pick<CountStore, 'apply'>;

/** A batch, and whoever is told what becomes of it. */
export type Batch = Parameters<CountStore['apply']>;

/** Likes at `places` of a batch, which is told of them by its own places. */
export function applyAt(
  store: AppliesLikes,
  places: readonly number[],
  ...[likes, committed, placeOf, written, begins]: Batch
): Promise<void> {
  const part = places.map((place) => likes[place]!);
  const back = (indexes: readonly number[]) => indexes.map((index) => places[index]!);
  const stored = store.apply(
    part,
    ({ shard, fresh, seen }) => committed?.({ shard, fresh: back(fresh), seen: back(seen) }),
    placeOf && ((index) => placeOf(places[index]!)),
    written,
    begins && ((indexes) => begins(back(indexes))),
  );
  return stored.catch((error: unknown) => {
    if (!(error instanceof RefusedLikesError)) throw error;
    const refusals = error.refusals.map(({ index, reason }) => ({ index: places[index]!, reason }));
    throw new RefusedLikesError(refusals);
  });
}

/**
 * Waits for all parts of a batch, whatever becomes of one. Rejects as the store would have: with an
 * outage if any part met one, else with the refusals of all parts together.
 */
export async function allOf(parts: readonly Promise<void>[]): Promise<void> {
  const refusals: Refusal[] = [];
  let outage: { readonly reason: unknown } | undefined;
  for (const settled of await Promise.allSettled(parts)) {
    if (settled.status === 'fulfilled') continue;
    const { reason } = settled;
    if (reason instanceof RefusedLikesError) refusals.push(...reason.refusals);
    else outage ??= { reason };
  }
  if (outage !== undefined) throw outage.reason;
  if (refusals.length === 0) return;
  throw new RefusedLikesError(refusals.sort((one, other) => one.index - other.index));
}
