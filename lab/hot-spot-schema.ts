/** What a result says of a trial with a hot post. */
import { z } from 'zod';
import { HOT_CURES } from './hot-spot-plan.ts';
import { amount, count, share } from './number-schemas.ts';

/** The hot post itself; posts that stood on its shard at first; and all others. */
export const HOT_GROUPS = ['post', 'neighbours', 'others'] as const;
export type HotGroup = (typeof HOT_GROUPS)[number];

/** Of each full second since the first like was due; latencies by when a like was due. */
const secondsSchema = z.strictObject({
  due: z.array(count),
  counted: z.array(count),
  /** Due to visible; null where nothing was due. */
  p99Ms: z.array(amount.nullable()),
});

export const hotSpotSchema = z.strictObject({
  /** The post that goes viral, and its share of the likes meanwhile, where there is one. */
  post: z.string().optional(),
  flashShare: share.optional(),
  cures: z.array(z.enum(HOT_CURES)),
  likesPerTransaction: z.int().positive(),
  transactionsAtOnce: z.int().positive(),
  /** A modelled limit of each shard; and shards that are empty until a post is isolated. */
  transactionsPerSMax: z.number().positive().optional(),
  spareShards: count,
  /** Seconds since the first like was due: while the post is viral, and what is measured. */
  flash: z.strictObject({ fromS: amount, toS: amount }).optional(),
  measured: z.strictObject({ fromS: amount, toS: amount }),
  groups: z.array(
    z.strictObject({
      group: z.enum(HOT_GROUPS),
      /** Distinct likes due in the measured part, and those counted in it, per second. */
      likes: count,
      duePerS: amount,
      countedPerS: amount,
      /** Due to visible, of the likes due in the measured part. */
      p50Ms: amount.optional(),
      p99Ms: amount.optional(),
      maxMs: amount.optional(),
    }),
  ),
  /** Of the likes counted in the measured part. */
  transactionsPerLike: amount.optional(),
  countUpdatesPerLike: amount.optional(),
  /** From the flash's first like being due to the merged sketch that says that the post is hot. */
  foundAfterMs: z.number().optional(),
  /** The same to the end of the last of its cures. */
  curedAfterMs: z.number().optional(),
  events: z.array(
    z.strictObject({
      atS: z.number(),
      kind: z.enum(['hot', 'decided', 'done', 'failed']),
      post: z.string(),
      share: share.optional(),
      cure: z.enum([...HOT_CURES, 'take-back']).optional(),
      shards: z.array(count).optional(),
      tookMs: amount.optional(),
      problem: z.string().optional(),
    }),
  ),
  /** By calculation over the same workload at stated rates: lab/hot-detection.ts. */
  detection: z
    .array(
      z.strictObject({
        likesPerS: z.number().positive(),
        processes: z.int().positive(),
        merges: count,
        precisionAt10: share,
        recallAt10: share,
        /** Of a flash that begins at several places between two merges; median and longest. */
        delayMs: amount.optional(),
        delayMsMax: amount.optional(),
        notFound: count.optional(),
      }),
    )
    .optional(),
  seconds: z.strictObject({
    post: secondsSchema,
    neighbours: secondsSchema,
    others: secondsSchema,
  }),
});

export type HotSpotFacts = z.infer<typeof hotSpotSchema>;
export type HotSeconds = z.infer<typeof secondsSchema>;
