/** What the page may ask for; whatever comes is checked by these. */
import { z } from 'zod';
import { WAYS } from './messages.ts';

const LIKES_PER_S_MIN = 50;
export const LIKES_PER_S_MAX = 2_000;

export const commandSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('press') }),
  z.strictObject({
    do: z.literal('start-crowd'),
    likesPerS: z.int().min(LIKES_PER_S_MIN).max(LIKES_PER_S_MAX),
  }),
  z.strictObject({ do: z.literal('stop-crowd') }),
  z.strictObject({ do: z.literal('kill-broker') }),
  z.strictObject({ do: z.literal('start-broker') }),
  z.strictObject({ do: z.literal('kill-worker') }),
  z.strictObject({ do: z.literal('start-worker') }),
  /** A fresh round: another way, another broker, or both. */
  z.strictObject({
    do: z.literal('choose'),
    way: z.enum(WAYS),
    broker: z.string().min(1).max(40),
  }),
  z.strictObject({ do: z.literal('clear') }),
]);

export type Command = z.infer<typeof commandSchema>;
