/**
 * What stands between a consumer and its store where hot posts are looked for: it sees every batch,
 * holds back the likes of posts that it is told to, and passes everything on.
 */
import { z } from 'zod';
import type { AppliesLikes, Batch } from './apply-parts.ts';
import { COALESCE_DEFAULT, CoalescingStore } from './coalesce.ts';
import { HotWindow, type WindowSummary } from './hot-window.ts';
import { type SmallTransactionLimits, SmallTransactions } from './small-transactions.ts';

/** Which posts' likes are to be held, and how long: what a controller tells all consumers. */
export const holdOrderSchema = z.strictObject({
  posts: z.array(z.string().min(1)),
  lingerMs: z.number().nonnegative().default(COALESCE_DEFAULT.lingerMs),
  likesMax: z.int().positive().default(COALESCE_DEFAULT.likesMax),
});
export type HoldOrder = z.infer<typeof holdOrderSchema>;

export interface HotPathOptions {
  /** The clock by which windows turn, ms; the same for all processes whose summaries are merged. */
  readonly nowMs: () => number;
  /** Likes that are not held are stored in transactions of this size. */
  readonly smallTransactions?: SmallTransactionLimits | undefined;
}

export class HotPath implements AppliesLikes {
  readonly #window = new HotWindow();
  readonly #store: CoalescingStore;
  readonly #nowMs: () => number;

  constructor(store: AppliesLikes, { nowMs, smallTransactions }: HotPathOptions) {
    const others = smallTransactions && new SmallTransactions(store, smallTransactions);
    this.#store = new CoalescingStore(store, others);
    this.#nowMs = nowMs;
  }

  /** Likes that are delivered again are seen again: they are work for their shard as well. */
  apply(...batch: Batch): Promise<void> {
    this.#window.see(batch[0], this.#nowMs());
    return this.#store.apply(...batch);
  }

  /** What was liked most in this process, in the last second. */
  seen(): WindowSummary {
    return this.#window.summary(this.#nowMs());
  }

  hold({ posts, ...limits }: HoldOrder): void {
    this.#store.hold(posts, limits);
  }
}
