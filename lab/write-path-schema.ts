/** What a result says of the hops of traced likes: lab/write-path/measure-write-path.ts. */
import { z } from 'zod';
import { amount, count, share } from './number-schemas.ts';

const littleSchema = z.strictObject({
  /** Mean number of likes in the hop, by counts that the processes kept of all likes. */
  inHop: z.number(),
  /** The rate at which likes came into it, by the same counts. */
  likesPerS: amount,
  /** That rate times the mean time in the hop, which is from spans. */
  product: z.number(),
  /** So far the two may be apart. */
  bound: amount,
  /** Why they do not agree; empty where they do. */
  problems: z.array(z.string()),
});

const hopSchema = z.strictObject({
  name: z.string(),
  samples: count,
  // A like may be delivered before its acknowledgement is back: then it was in the queue below 0.
  meanUs: z.number(),
  p50Us: z.number(),
  p99Us: z.number(),
  maxUs: z.number(),
  /** Of the mean time of the whole way. */
  share: z.number(),
  little: littleSchema,
});

export const writePathSchema = z.strictObject({
  /** Every so many likes one was traced. */
  every: z.int().positive(),
  /** Likes of the measured window that are traced at every step. */
  samples: count,
  windowS: amount,
  hops: z.array(hopSchema),
  /** Due to visible, of the same likes. */
  whole: z.strictObject({ meanUs: amount, p50Us: amount, p99Us: amount, maxUs: amount }),
  /** The like whose whole way is the median: its trace, and how long it was in each hop. */
  median: z.strictObject({ trace: z.string(), hopsUs: z.array(z.number()) }).optional(),
  /** Delivered before the acknowledgement of their send had come back. */
  deliveredFirst: share,
  /** The sum of a like's hops against due and visible in the ledger's records, a second witness. */
  sums: z.strictObject({ likes: count, apart: count, apartUsMax: amount }),
  /** Where the spans were handed on as well, and why the last of those that failed did. */
  exported: z
    .strictObject({ delivered: count, failed: count, reason: z.string().optional() })
    .optional(),
});

export type WritePath = z.infer<typeof writePathSchema>;
export type HopFigures = WritePath['hops'][number];

/** What is to be said of spans that were handed on; undefined where none of them was lost. */
export function describeExported(exported: WritePath['exported']): string | undefined {
  if (exported === undefined || exported.failed === 0) return undefined;
  const { delivered, failed, reason } = exported;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${failed} of ${delivered + failed} spans did not reach the OTLP receiver${why}`;
}
