/** What a consumer counts into where hot posts are looked for: the store, and what is before it. */
import type { Clock } from '../lab/clock.ts';
import type { CountsLikes } from '../lab/consume.ts';
import type { HotSpotPlan } from '../lab/hot-spot-plan.ts';
import type { CountStore } from '../store/count-store.ts';
import { CountedWrites } from '../store/hot/counted-writes.ts';
import { HotPath, holdOrderSchema } from '../store/hot/hot-path.ts';

/** Likes are written in small transactions, as the plan says, and seen on their way. */
export function countingWithHotPosts(
  store: CountStore,
  { likesPerTransaction, transactionsAtOnce }: HotSpotPlan,
  clock: Clock,
): CountsLikes {
  const written = new CountedWrites(store);
  const path = new HotPath(written, {
    nowMs: () => clock.nowUs() / 1_000,
    smallTransactions: { likesMax: likesPerTransaction, atOnceMax: transactionsAtOnce },
  });
  return {
    apply: (...batch) => path.apply(...batch),
    settings: () => store.settings(),
    hot: {
      tell: () => ({ atUs: clock.nowUs(), window: { ...path.seen() }, writes: written.writes }),
      hold: (order) => path.hold(holdOrderSchema.parse(order)),
    },
  };
}
