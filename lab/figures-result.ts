/** The parts of a result file that say whether its figures may be believed. */
import { z } from 'zod';
import { amount, count } from './number-schemas.ts';

/** A figure over the trial, in windows, and whether it had a trend: lab/steady-state.ts. */
export const steadySchema = z.strictObject({
  figure: z.string(),
  unit: z.string(),
  windowS: amount,
  /** Of latencies the median, of rates likes per second. */
  values: z.array(amount),
  /** Latencies only. */
  p99: z.array(amount).optional(),
  samples: z.array(count).optional(),
  verdict: z.enum(['settled', 'trend named', 'never settles', 'too short']),
  /** Over all windows, in the unit; and as a share of their median. */
  change: z.number().optional(),
  changeShare: z.number().optional(),
  /** That mere chance puts the windows into such an order. */
  probability: amount.optional(),
});

/** What a reader of its own saw of a few posts, against the records: lab/measure-visible.ts. */
export const visibleSchema = z.strictObject({
  posts: count,
  likes: count,
  confirmed: count,
  seenLate: count,
  /** Files of before a late reader was told from a missing like have none. */
  missed: count.optional(),
  early: count,
  stale: count,
  shrunk: count,
  /** Seen minus recorded. */
  afterRecord: z.strictObject({
    leastUs: z.number(),
    p1Us: z.number(),
    p50Us: z.number(),
    p99Us: z.number(),
    mostUs: z.number(),
  }),
  /** Likes that were seen before their record was written. */
  recordLate: z.strictObject({ likes: count, tooLate: count, p99Us: amount, mostUs: amount }),
  polls: count,
  pollIntervalUsP99: amount,
  pollIntervalUsMax: amount,
  /** CPU time of the reader over wall time: 1 is a whole core. */
  readerCoreShare: amount,
});
