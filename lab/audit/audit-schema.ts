/** What of an audit stands in a result file. Files of before there was an audit have none. */
import { z } from 'zod';
import { amount, count } from '../number-schemas.ts';
import { AUDIT_VERDICTS } from './check.ts';

/** What the audit measured by itself, and what each of its checks found (lab/audit). */
export const auditSchema = z.strictObject({
  rates: z
    .array(
      z.strictObject({
        name: z.enum(['published', 'counted', 'sustained']),
        likes: count,
        likesWithWarmUp: count,
        fromS: amount,
        spanS: amount,
        longestGapS: amount,
        /** Likes in each tenth. Files of before they were counted have none. */
        windows: z
          .strictObject({ windowS: amount, likes: z.array(count), blocks: count })
          .optional(),
      }),
    )
    .optional(),
  /** Paced trials, past the warm-up of the rates. Files of before this was kept have none. */
  due: z.strictObject({ likes: count, spanS: amount }).optional(),
  /** Likes due and not yet visible, on average; below 0 only when records are wrong. */
  inSystem: z.strictObject({ likes: z.number(), duePerS: amount, spanS: amount }).optional(),
  /** Of the workers' processes, against the conductor's clock. */
  clocks: z
    .strictObject({
      processes: count,
      resolutionUs: amount.optional(),
      skewUs: z.number(),
      skewBoundUs: amount,
    })
    .optional(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      verdict: z.enum(AUDIT_VERDICTS),
      evidence: z.string(),
      wouldBe: z.string().optional(),
      trivial: z.literal(true).optional(),
    }),
  ),
});
