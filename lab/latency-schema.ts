/** The parts of a result file that hold latencies, and what they were measured against. */
import { z } from 'zod';
import { amount, count } from './number-schemas.ts';
import { ARRIVALS } from './pace.ts';

export const latencySchema = z.strictObject({
  samples: count,
  meanUs: z.number(),
  p50Us: amount,
  p90Us: amount,
  p99Us: amount,
  p999Us: amount.optional(),
  maxUs: z.number(),
  notPositive: count,
  tooLong: count,
  histogram: z.string(),
});

/** How due times lie, and how long the null queue served each like. Undefined: even, not at all. */
export const queueing = {
  arrivals: z.enum(ARRIVALS).optional(),
  service: z
    .strictObject({
      distribution: z.enum(['fixed', 'exponential']),
      meanUs: z.number().positive(),
      seed: count,
    })
    .optional(),
};

/** What the lab adds to the time of each like, over what Lindley's recursion says of it. */
export const addedLatencySchema = z.strictObject({
  /** Due to delivered: without the store. */
  toDelivered: latencySchema,
  /** Due to visible: with the store and its commit. */
  toVisible: latencySchema,
  /** Where the queue serves each like: from due to delivered, as measured and as theory says. */
  queue: z
    .strictObject({
      /** Share of the time that the one server is busy, in the long run. */
      load: amount,
      measured: z.strictObject({ meanUs: amount, p99Us: amount }),
      /** By Lindley's recursion over the due times and services of this very trial. */
      sameDraws: z.strictObject({ meanUs: amount, p99Us: amount }),
      /** In the long run, and the standard error of a run of this length around it. */
      longRun: z
        .strictObject({
          ...{ meanUs: amount, p99Us: amount },
          ...{ meanErrorUs: amount, p99ErrorUs: amount },
        })
        .optional(),
    })
    .optional(),
});
