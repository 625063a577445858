/** Looks after the hot posts of a trial: merges what consumers see, decides, and moves posts. */
import type { HotEvent, HotPostsKeeper, KeepHotPosts } from '../lab/hot-spot-plan.ts';
import { LabError } from '../lab/lab-error.ts';
import { COALESCE_DEFAULT } from '../store/hot/coalesce.ts';
import { HotController } from '../store/hot/hot-controller.ts';
import { policyFor } from '../store/hot/hot-policy.ts';
import {
  HALF_WINDOW_MS,
  HotWindow,
  mergeWindows,
  type WindowSummary,
  windowSchema,
} from '../store/hot/hot-window.ts';
import { openPostMover } from '../store/hot/post-mover.ts';
import { openStore, type StoreOptions } from '../store/open-store.ts';

export const keepHotPosts: KeepHotPosts = async (address, { cures }, tools) => {
  const options = address as unknown as StoreOptions;
  if (options.engine === 'cassandra') throw noShardsOfOurs();
  const { post, nowMs, hold, shardsWithSlots } = tools;
  const isNeighbour = await neighboursOf(post, options);
  const mover = openPostMover(options);
  const policy = policyFor(shardsWithSlots, cures);
  const events: HotEvent[] = [];
  const controller = new HotController(policy, {
    mover,
    loadSlotMap: () => mover.slotMap(),
    hold: (posts) => hold({ posts, ...COALESCE_DEFAULT }),
    nowMs,
    onEvent: (event) => void events.push(event),
  });
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
    [Symbol.asyncDispose]: () => controller.stop(),
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

function noShardsOfOurs(): LabError {
  return new LabError(
    'USAGE',
    'Cassandra spreads posts over its nodes by itself, so no post can be moved there, and its ' +
      'likes are never held, since it counts by their places; use --store postgres or sqlite',
  );
}
