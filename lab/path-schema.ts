/** What a result says of a trial over HTTP: lab/path/measure-path.ts. */
import { z } from 'zod';
import { latencySchema } from './latency-schema.ts';
import { amount, count, share } from './number-schemas.ts';

/** Requests by their answer; `offered` is the sum of all others. */
const requestsSchema = z.strictObject({
  offered: count,
  /** 202: stored for certain. */
  accepted: count,
  /** 503 and certainly not stored, by the reason that the gateway gave. */
  shed: z.record(z.string(), count),
  /** 429: this user likes too fast. */
  limited: count,
  /** 503: the broker or the database provably refused it. */
  refused: count,
  /** 503 that says `mayHaveBeenStored`. */
  unknown: count,
  /** The connection broke, or the client's time for an answer was over. */
  noAnswer: count,
  /** Any other answer. */
  invalid: count,
});

export type RequestCounts = z.infer<typeof requestsSchema>;

export const pathSchema = z.strictObject({
  requests: requestsSchema,
  /** Due to 202, of requests due after the warm-up and outside the burst. */
  api: latencySchema.optional(),
  /** The same of requests due while the burst lasts, its post and all others alike. */
  apiInBurst: latencySchema.optional(),
  requestsInBurst: requestsSchema.optional(),
  /** Accepted after the warm-up: due to counted. */
  dueToVisible: latencySchema.optional(),
  /** Due to the answer of whatever kind, the slowest of all: shed, never hung. */
  answerMsMax: amount,
  /** Findings of the check of each 202; all must be 0. */
  acceptedTwice: count,
  acceptedUncounted: count,
  /** 202 for a like that nobody had acknowledged, and 202 with the number of another like. */
  acceptedUnacknowledged: count,
  acceptedOther: count,
  /** Whether every accepted like is counted, once and as it was sent. */
  isExact: z.boolean(),
  /** From the last 202 to the moment the last accepted like was counted; 0 where it was before. */
  exactAfterMs: amount.optional(),
  /** Committed in the database that counts, without the lab's own; undefined where unknown. */
  databaseTransactions: count.optional(),
  databaseTransactionsPerLike: amount.optional(),
  /** PostgreSQL: sessions that waited for a row lock, each time the lab looked. */
  lockWaits: z
    .strictObject({
      samples: count,
      waitingSessionsMean: amount,
      waitingSessionsMax: count,
      shareOfSamplesWaiting: share,
    })
    .optional(),
  /** CPU µs per accepted like. What was killed, and what is somebody else's, is left out. */
  cpuUsPerLike: z.strictObject({
    gateway: amount.optional(),
    workers: amount.optional(),
    broker: amount.optional(),
    database: amount.optional(),
  }),
  /** From each strike to the first request after it that was answered 202. */
  outages: z
    .array(
      z.strictObject({
        /** On the trial's clock, as in `faults.strikes`. */
        beganMs: amount,
        tookMs: amount,
        /** Requests that were due, or waited for their answer, in it. */
        offered: count,
        accepted: count,
        /** No request that was sent after the blow was accepted: it lasts to the last answer. */
        neverEnded: z.literal(true).optional(),
      }),
    )
    .optional(),
  /** Of the requests that met no outage; undefined where each of them met one. */
  acceptedShareOutsideOutages: share.optional(),
  /** How late the client itself was behind its schedule. */
  generatorLagUsP99: amount,
  /** Client: requests that were under way at most. */
  requestsAtOnceMax: count,
});

export type PathResult = z.infer<typeof pathSchema>;
