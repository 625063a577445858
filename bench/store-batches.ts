/** The likes of the store's contest: trending, from one source, as they come out of JSON. */
import { decodeLike, encodeLike, type Like } from '../likes/like.ts';
import { openWorkload } from '../likes/workloads/workload.ts';
import { evenSlotMap, shardOfLike } from '../store/slot-map.ts';
import { SEED, WORKLOAD } from './contest.ts';

export const LIKES_PER_BATCH = 1_000;
export const SHARDS = 4;

/** What the bare side of SQLite is given. */
export interface StoreOrder {
  readonly folder: string;
  readonly likes: number;
}

/** Each like once: clients' retries are left out, so that both sides have the same to write. */
export function likeBatches(count: number): Like[][] {
  const batches: Like[][] = [];
  let batch: Like[] = [];
  const source = 'gateway0';
  for (const planned of openWorkload(WORKLOAD, { likes: count, seed: SEED }).stream()) {
    if (planned.retry) continue;
    // Decoded one by one: strings of their own for every like, as a consumer gets them.
    batch.push(decodeLike(encodeLike({ source, likedAtMs: 1_500_000_000_000, ...planned })));
    if (batch.length < LIKES_PER_BATCH) continue;
    batches.push(batch);
    batch = [];
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}

/** What a batch adds to each post, by shard. */
export type ShardCounts = Map<string, { likes: number; unlikes: number }>[];

export function addUp(batch: readonly Like[]): ShardCounts {
  const map = evenSlotMap(SHARDS);
  const shards: ShardCounts = Array.from({ length: SHARDS }, () => new Map());
  for (const like of batch) {
    const { post, action } = like;
    const counts = shards[shardOfLike(map, like)]!;
    const count = counts.get(post) ?? { likes: 0, unlikes: 0 };
    if (action === 'like') count.likes++;
    else count.unlikes++;
    counts.set(post, count);
  }
  return shards;
}
