/** What a result says of sharding: loads by calculation, and of a trial under a modelled limit. */
import { z } from 'zod';
import { latencySchema } from './latency-schema.ts';
import { amount, count, share } from './number-schemas.ts';

/** By calculation over the likes of a workload, without any queue or store. */
export const calculatedLoadsSchema = z.strictObject({
  /** Of the workload and what was changed of it, such as `zipf 1.2`. */
  stream: z.string(),
  /** Likes that are sent, clients' retries included: each is work for its shard. */
  sent: count,
  /** Posts that were liked at all. */
  posts: count,
  /** Numbers of shards; all lists below have an entry for each of them. */
  shards: z.array(z.int().positive()),
  routings: z.array(
    z.strictObject({
      routing: z.string(),
      /** Largest over mean number of posts of a shard, of those that were liked. */
      postRatios: z.array(amount),
      /** Largest over mean load of a shard, over all likes. */
      ratios: z.array(amount),
      /** The same in that tenth of the likes in which it is worst. */
      ratiosWorstTenth: z.array(amount),
      /** Likes of each shard, where there are as many as `BAR_SHARDS`. */
      bars: z.array(count),
    }),
  ),
  /** The share of the most liked post: of all likes, and in the tenth in which it has most. */
  topPost: z.strictObject({
    share,
    shareWorstTenth: share,
    /** By the closed form, where the workload has one. */
    expectedShare: share.optional(),
    expectedShareMost: share.optional(),
  }),
  /** Largest over mean range of letters by how many people have such surnames. */
  lettersExpected: z.array(amount).optional(),
  /** Which keys stand elsewhere once a shard is added to those of `shardsBefore`. */
  moves: z
    .strictObject({
      keys: count,
      shardsBefore: z.array(z.int().positive()),
      routings: z.array(
        z.strictObject({
          routing: z.string(),
          /** Shares of the keys. */
          moved: z.array(share),
          expected: z.array(share),
        }),
      ),
    })
    .optional(),
});

/** Of trials: how the store was sharded, and the limit that stands for servers of their own. */
export const shardingPlanSchema = z.strictObject({
  routing: z.strictObject({ name: z.string(), idsSeen: z.int().positive().optional() }),
  transactionsPerSMax: z.number().positive().optional(),
  likesPerTransactionMax: z.int().positive().optional(),
  spareShards: count.optional(),
});

/** What became of each shard in a trial. */
export const shardLoadsSchema = z.strictObject({
  /** Committed by each shard, in their order; none of them is without likes. */
  transactions: z.array(count),
  /** Largest over mean. */
  likesRatio: amount,
  transactionsRatio: amount,
  /** The shard that counted most. */
  hottest: count,
  /** Paced trials: due to visible of the likes of that shard, and of all others. */
  hottestLatency: latencySchema.optional(),
  othersLatency: latencySchema.optional(),
});

export type CalculatedLoads = z.infer<typeof calculatedLoadsSchema>;
