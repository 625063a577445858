/** Moves hot posts of a store that we shard ourselves; it holds the mover's lock for each move. */
import type { PostMover } from '../hot-posts.ts';
import {
  type MoveWish,
  openMovingStore,
  readSlotMap,
  resumeMoveIn,
  startMoveIn,
} from '../move/index.ts';
import type { StoreOptions } from '../open-store.ts';
import type { SlotMap } from '../slot-map.ts';

export interface OpenPostMover extends PostMover {
  /** The map that is in force now. */
  slotMap(): Promise<SlotMap>;
}

/** How the titles of moves begin that are of one post. */
const POST_TITLE = /^post /;

/**
 * Its moves reject as startMove does. A move of a post that was interrupted is ended first; of
 * slots it is not, since whoever began that has to say whether it goes on or back.
 */
export function openPostMover(options: StoreOptions): OpenPostMover {
  const move = async (wish: MoveWish): Promise<void> => {
    await using store = await openMovingStore(options);
    const { move: unfinished } = await store.state();
    if (unfinished !== undefined && POST_TITLE.test(unfinished.title)) await resumeMoveIn(store);
    await startMoveIn(store, wish);
  };
  return {
    slotMap: () => readSlotMap(options),
    isolate: (post, shard) => move({ kind: 'isolate', post, shard }),
    split: (post, shards) => move({ kind: 'post', post, shards }),
    takeBack: (post) => move({ kind: 'take back', post }),
  };
}
