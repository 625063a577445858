/** How a trial shards its store, where that is what the trial is about. */

/** Plain data that goes to the workers with the store's address; store/ knows what it means. */
export interface ShardingPlan {
  readonly routing: { readonly name: string; readonly idsSeen?: number | undefined };
  /** A modelled limit: transactions a second that each shard admits, over all processes. */
  readonly transactionsPerSMax?: number | undefined;
  /** Likes of one of these transactions at most. */
  readonly likesPerTransactionMax?: number | undefined;
  /** Of the store's shards, so many hold no slots: they are there for posts that are isolated. */
  readonly spareShards?: number | undefined;
}

/** Such as `100/s of 50 likes`; undefined where the shards are as fast as the machine lets them. */
export function describeLimit(sharding: ShardingPlan | undefined): string | undefined {
  const { transactionsPerSMax: perS, likesPerTransactionMax: likes } = sharding ?? {};
  if (perS === undefined) return undefined;
  return `${perS}/s${likes === undefined ? '' : ` of ${likes} likes`}`;
}
