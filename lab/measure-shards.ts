/** What each shard of the store holds when a trial is over. */
import type { StoredCounts } from './checker.ts';
import type { TrialResult } from './trial-result.ts';

/** In the order of the shards. Reads each count once more. */
export async function measureShards({
  shards,
}: StoredCounts): Promise<NonNullable<TrialResult['shards']>> {
  const measured: NonNullable<TrialResult['shards']> = [];
  for (const [place, shard] of shards.entries()) {
    const sums = { shard: place, posts: 0, likes: 0, unlikes: 0 };
    for await (const { likes, unlikes } of shard.counts()) {
      sums.posts++;
      sums.likes += likes;
      sums.unlikes += unlikes;
    }
    measured.push(sums);
  }
  return measured;
}
