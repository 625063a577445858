/** What a trial over HTTP plans: the whole way of a like, from a request to the count. */
import { z } from 'zod';
import { limiterPlanSchema } from './limiter-plan.ts';
import { COUNTING_RULES } from './store-plan.ts';

/** Through a broker and workers, or straight into the database by the gateway itself. */
const PATH_KINDS = ['queued', 'direct'] as const;
export type PathKind = (typeof PATH_KINDS)[number];

/** What a direct trial is called where others name their broker; the registry has none such. */
export const DIRECT = 'direct';

/** Likes beyond the rate of the plan, each by a user of its own, all of them on one post. */
const burstSchema = z.strictObject({
  /** Of the rate of the plan, which goes on: at 50 the addition is 49 times that rate. */
  factor: z.number().gt(1),
  /** From the first request due, warm-up included, to the first of the burst. */
  atS: z.number().nonnegative(),
  lastsS: z.number().positive(),
});

export const pathPlanSchema = z.strictObject({
  kind: z.enum(PATH_KINDS),
  /** Queued: that of the store. Direct: `+1` on the post's row, or the user's state too. */
  rule: z.enum(COUNTING_RULES),
  /** Queued: one transaction of the store a like, or one for each batch of a shard, as ever. */
  updates: z.enum(['single', 'coalesced']).optional(),
  /** Processes side by side, between which the client takes turns. */
  gateways: z.int().positive(),
  burst: burstSchema.optional(),
  /** Undefined: nobody is limited, and the likes are those of the workload, evenly due. */
  limiter: limiterPlanSchema.optional(),
  /** Where the hops of likes are traced: of every so many requests, one. */
  traces: z.strictObject({ every: z.int().positive() }).optional(),
});

export type PathPlan = z.infer<typeof pathPlanSchema>;
export type BurstPlan = z.infer<typeof burstSchema>;

/** Such as `direct, +1` or `queue, one update a like`: what tells ways of a comparison apart. */
export function describePath({ kind, rule, updates }: PathPlan): string {
  if (kind === 'direct') return rule === 'tally' ? 'direct, +1' : 'direct, with states';
  return updates === 'single' ? 'queue, one update a like' : 'queue, coalesced updates';
}
