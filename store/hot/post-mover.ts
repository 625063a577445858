/** Moves hot posts of any store that is sharded by us; opens what it needs for each move. */
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

/** Each move rejects as startMove. One that was interrupted before is ended first. */
export function openPostMover(options: StoreOptions): OpenPostMover {
  const move = async (wish: MoveWish) => {
    await using store = await openMovingStore(options);
    if ((await store.state()).move !== undefined) await resumeMoveIn(store);
    await startMoveIn(store, wish);
  };
  return {
    slotMap: () => readSlotMap(options),
    isolate: (post, shard) => move({ kind: 'post', post, shards: [shard] }),
    split: (post, shards) => move({ kind: 'post', post, shards }),
    takeBack: (post) => move({ kind: 'take back', post }),
  };
}
