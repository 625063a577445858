/** Reads of counts while likes are counted: what a trial of `reads` plans, and what it measured. */
import { z } from 'zod';
import { latencySchema } from './latency-schema.ts';
import { amount, count, share } from './number-schemas.ts';

export const readsPlanSchema = z.strictObject({
  /** Different posts in one request. */
  postsPerRequest: z.int().positive(),
  /** From a cache of at most this staleness; undefined asks the store itself, by no reader. */
  maxStalenessMs: amount.optional(),
});

export type ReadsPlan = z.infer<typeof readsPlanSchema>;

export const readsSchema = z.strictObject({
  /** Requests that were always under way in the closed loop. */
  requestsAtOnce: z.int().positive(),
  /** Closed loop: requests answered per second. */
  requestsPerS: amount,
  /** Open loop, Poisson arrivals: requests due per second, and from due to answered. */
  offeredPerS: amount,
  latency: latencySchema,
  /** Of the open loop; the age of a request is that of its oldest count. Of a reader only. */
  age: latencySchema.optional(),
  /** Likes of the whole queue that a request may have missed. */
  missing: z.strictObject({ p50: count, p99: count, max: count }).optional(),
  /** Posts and whole requests that were served from the cache. */
  postsCachedShare: share.optional(),
  requestsCachedShare: share.optional(),
  /** Calls of the store, each one query of every shard that it touches. */
  queriesPerRequest: amount,
  /** Bounds that were held against the records, and those that were broken. */
  bounds: z.strictObject({ checked: count, broken: count }).optional(),
});

export type Reads = z.infer<typeof readsSchema>;

/** Such as `a cache, 100 ms`. */
export function describeStaleness({ maxStalenessMs }: ReadsPlan): string {
  return maxStalenessMs === undefined ? 'the store' : `a cache, ${maxStalenessMs} ms`;
}
