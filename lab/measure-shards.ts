/** What each shard of the store holds when a trial is over. */
import type { StoredCounts } from './checker.ts';
import type { TrialResult } from './trial-result.ts';

/** In the order of the shards. Reads each count once more. */
export function measureShards({ shards }: StoredCounts): NonNullable<TrialResult['shards']> {
  return shards.map((shard, place) => {
    const sums = { shard: place, posts: 0, likes: 0, unlikes: 0 };
    for (const { likes, unlikes } of shard.counts()) {
      sums.posts++;
      sums.likes += likes;
      sums.unlikes += unlikes;
    }
    return sums;
  });
}
