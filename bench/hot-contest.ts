/** What it costs the counting path to look for hot posts. */
import { runSide } from './child.ts';
import { type Contest, expectExactly } from './contest.ts';
import { checkStore } from './our-workers.ts';
import { LIKES_PER_BATCH, SHARDS } from './store-batches.ts';

export const hotWatched: Contest = {
  name: 'hot-watched',
  unit: 'likes per CPU second',
  target: 0.95,
  warmsUp: true,
  ours:
    `decode, watch for hot posts (a sketch of 1,000 counters, its summary told twice a second) ` +
    `and apply in batches of ${LIKES_PER_BATCH} on ${SHARDS} shards; after the first tenth`,
  bare: 'the same without the watch',
  async openPair(stage) {
    const run = async (watches: boolean) => {
      const folder = stage.newPath('store');
      const { likes, signal } = stage;
      const report = await runSide('hot-apply.ts', { folder, likes, watches }, signal);
      expectExactly('likes handled by hot-apply.ts', report.handled, likes);
      await checkStore({ folder }, likes);
      return report.perS;
    };
    return {
      ours: () => run(true),
      bare: () => run(false),
    };
  },
};
