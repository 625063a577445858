/** The kinds of numbers that result files are made of. */
import { z } from 'zod';

export const count = z.int().nonnegative();
export const amount = z.number().nonnegative();
export const share = z.number().min(0).max(1);
