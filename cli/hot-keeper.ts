/** Looks after the hot posts of a trial: merges what consumers see, decides, and moves posts. */
import type { HotEvent, HotPostsKeeper, KeepHotPosts } from '../lab/hot-spot-plan.ts';
import { COALESCE_DEFAULT } from '../store/hot/coalesce.ts';
import { HotController } from '../store/hot/hot-controller.ts';
import { policyFor } from '../store/hot/hot-policy.ts';
import { shardsWithSlots } from '../store/hot/hot-shards.ts';
import {
  HALF_WINDOW_MS,
  HotWindow,
  mergeWindows,
  type WindowSummary,
  windowSchema,
} from '../store/hot/hot-window.ts';
import { openPostMover } from '../store/hot/post-mover.ts';
import { openStore, type StoreOptions } from '../store/open-store.ts';

export const keepHotPosts: KeepHotPosts = async (address, { cures }, { post, nowMs, hold }) => {
  const options = address as unknown as StoreOptions;
  const isNeighbour = await neighboursOf(post, options);
  await using stack = new AsyncDisposableStack();
  const mover = openPostMover(options);
  const shards = shardsWithSlots(await mover.slotMap()).length;
  const policy = policyFor(shards, cures);
  const events: HotEvent[] = [];
  const controller = new HotController(policy, {
    mover,
    loadSlotMap: () => mover.slotMap(),
    hold: (posts) => hold({ posts, ...COALESCE_DEFAULT }),
    nowMs,
    onEvent: (event) => void events.push(event),
  });
  stack.defer(() => controller.stop());
  const held = stack.move();
  const keeper: HotPostsKeeper = {
    observe: (windows) =>
      controller.observe(mergeWindows(windows.map((window) => windowSchema.parse(window)))),
    events,
    isNeighbour,
    detection: {
      openWindow: () => new HotWindow(),
      merge: (windows) => mergeWindows(windows as readonly WindowSummary[]),
      halfWindowMs: HALF_WINDOW_MS,
      enterShare: policy.enterShare,
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
  return keeper;
};

/** By the shard that owns the post now; nobody has a neighbour where no post is asked for. */
async function neighboursOf(
  post: string | undefined,
  options: StoreOptions,
): Promise<HotPostsKeeper['isNeighbour']> {
  if (post === undefined) return () => false;
  await using store = await openStore(options);
  const owners = await Promise.all(store.shards.map((shard) => shard.ownership()));
  return owners.find((owns) => owns(post)) ?? (() => false);
}
