/** Parts of a result file that are about backlogs and capacities. */
import { z } from 'zod';

/** Likes that are due and not yet visible, after the warm-up: see lab/measure-backlog.ts. */
export const backlogSchema = z.strictObject({
  everyMs: z.number().positive(),
  likes: z.array(z.int()),
  growthLikesPerS: z.number(),
  grows: z.boolean(),
});

/** A trial of `capacity-curve`: a step of the search, or a point of the curve behind it. */
export const capacitySchema = z.strictObject({
  /** Due to visible, 99 % of the likes. */
  objectiveMs: z.number().positive(),
  probe: z
    .strictObject({
      /** From 1 up, in the order in which they were taken. */
      step: z.int().positive(),
      /** Why this rate was tried, and what was made of what it showed. */
      reason: z.string(),
      decision: z.string().optional(),
    })
    .optional(),
  point: z
    .strictObject({
      /** What the search found in the same run, and the offered rate as a share of it. */
      capacityLikesPerS: z.number().positive(),
      share: z.number().positive(),
    })
    .optional(),
});

export type CapacityFacts = z.infer<typeof capacitySchema>;
