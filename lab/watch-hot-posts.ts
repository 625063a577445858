/** The conductor's part in looking after hot posts: it brings together what consumers tell. */
import { openWorkload } from '../likes/workloads/workload.ts';
import type { DetectionTools } from './calculate-detection.ts';
import type { Crew } from './crew.ts';
import type { HotEvent, HotPostsKeeper, HotTold, HotWrites } from './hot-spot-plan.ts';
import { LabError } from './lab-error.ts';
import type { StoreAddress, TrialContext } from './trial-context.ts';
import { type TrialPlan, workloadOptionsOf } from './trial-plan.ts';

/** What all consumers together had written at a moment of the trial's clock. */
export interface WritesAt extends HotWrites {
  readonly atUs: number;
}

export interface HotPostsEvidence {
  readonly events: readonly HotEvent[];
  readonly isNeighbour: (post: string) => boolean;
  readonly writes: readonly WritesAt[];
  readonly detection: DetectionTools;
}

export interface HotPostsWatch extends AsyncDisposable {
  /** Ends the watch and what is under way. */
  finish(): Promise<HotPostsEvidence>;
}

/** Undefined for trials that do not look for hot posts. To be called when all consumers count. */
export async function watchHotPosts(
  plan: TrialPlan,
  context: TrialContext,
  crew: Crew,
  store: StoreAddress,
): Promise<HotPostsWatch | undefined> {
  if (plan.hotSpot === undefined) return undefined;
  const { flash } = openWorkload(plan.workload, workloadOptionsOf(plan));
  if (context.keepHotPosts === undefined) {
    throw new LabError('USAGE', 'this run has nobody who looks after hot posts; update its pool');
  }
  const keeper = await context.keepHotPosts(store, plan.hotSpot, {
    post: flash?.post,
    shardsWithSlots: plan.shards - (plan.sharding?.spareShards ?? 0),
    nowMs: () => crew.clock.nowUs() / 1_000,
    hold: (order) => {
      for (const consumer of crew.consumers) consumer.tell({ kind: 'hold-posts', order });
    },
  });
  const desk = new HotDesk(keeper);
  for (const consumer of crew.consumers) {
    desk.expect(consumer.pid);
    consumer.onHotTold = (told) => desk.take(consumer.pid, told);
  }
  return {
    async finish() {
      await keeper[Symbol.asyncDispose]();
      const { events, isNeighbour, detection } = keeper;
      return { events, isNeighbour, detection, writes: desk.writes };
    },
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  };
}

/** Merges as soon as every consumer has told anew, so as often as they tell. */
export class HotDesk {
  readonly writes: WritesAt[] = [];
  readonly #keeper: Pick<HotPostsKeeper, 'observe'>;
  readonly #latest = new Map<number, HotTold | undefined>();
  readonly #toldAnew = new Set<number>();

  constructor(keeper: Pick<HotPostsKeeper, 'observe'>) {
    this.#keeper = keeper;
  }

  expect(consumer: number): void {
    this.#latest.set(consumer, undefined);
  }

  take(consumer: number, told: HotTold): void {
    // One that tells a second time does not wait for one that has ended.
    const isSecond = this.#toldAnew.has(consumer);
    if (isSecond) this.#merge();
    this.#latest.set(consumer, told);
    this.#toldAnew.add(consumer);
    if (this.#toldAnew.size === this.#latest.size) this.#merge();
  }

  #merge(): void {
    this.#toldAnew.clear();
    const all = [...this.#latest.values()].filter((told) => told !== undefined);
    this.#keeper.observe(all.map(({ window }) => window));
    const sums = { transactions: 0, countUpdates: 0, likes: 0 };
    for (const { writes } of all) {
      sums.transactions += writes.transactions;
      sums.countUpdates += writes.countUpdates;
      sums.likes += writes.likes;
    }
    this.writes.push({ atUs: Math.max(...all.map(({ atUs }) => atUs)), ...sums });
  }
}
