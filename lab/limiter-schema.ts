/** What a result says of a limiter: lab/measure-limiter.ts. Its plan is in `plan.path.limiter`. */
import { z } from 'zod';
import { CROWD_KINDS } from '../likes/workloads/crowd.ts';
import { amount, count } from './number-schemas.ts';

/** Requests by how they stand to what a limiter should have done (lab/limiter-oracle.ts). */
const agreementSchema = z.strictObject({
  agrees: count,
  onTheEdge: count,
  wronglyPassed: count,
  wronglyStopped: count,
  /** Answered otherwise, such as 503 for want of room. */
  untold: count,
});

export type Agreement = z.infer<typeof agreementSchema>;

export const limiterSchema = z.strictObject({
  users: count,
  /** Requests by who sent them. */
  groups: z.array(
    z.strictObject({
      kind: z.enum(CROWD_KINDS),
      users: count,
      offered: count,
      /** 202, and what the broker refused or was silent about afterwards. */
      passed: count,
      /** 429. */
      stopped: count,
      /** Users of whom one request at least was stopped. */
      usersStopped: count,
      /** What one bucket a user, without any delay, would have let through. */
      allowed: count,
    }),
  ),
  /** Against one bucket a user, whichever gateway a request goes to: what the limit says. */
  wanted: agreementSchema,
  /** Against a bucket for each user and gateway: what a limiter without a common memory can do. */
  apart: agreementSchema.optional(),
  /** Requests that a gateway decided by itself although it shares a memory. */
  decidedAlone: count,
  /** While the memory that gateways share was away: of the users beyond the limit. */
  away: z
    .strictObject({
      /** From the first request due to the kill, and until it answered again. */
      beganMs: amount,
      tookMs: amount,
      offered: count,
      passed: count,
      allowed: count,
    })
    .optional(),
  /** CPU µs per request of any answer. */
  gatewayCpuUsPerRequest: amount.optional(),
  redisCpuUsPerRequest: amount.optional(),
});

export type LimiterFacts = z.infer<typeof limiterSchema>;
