/** What an engine has to offer so that its store can be resharded while it is used. */
import type { SlotMap } from '../slot-map.ts';
import type { MoveRecord } from './move-record.ts';
import type { MovingShard } from './moving-shard.ts';

export interface StoreState {
  /** In force. */
  readonly slotMap: SlotMap;
  readonly move?: MoveRecord | undefined;
}

/** A store in the hands of the one process that may move anything in it, until it is disposed. */
export interface MovingStore extends AsyncDisposable {
  state(): Promise<StoreState>;
  /** In one step, and on the disk when it resolves. Whoever counts sees the map at its next look. */
  write(state: StoreState): Promise<void>;
  /** The store's own, which it keeps open. */
  shard(index: number): Promise<MovingShard>;
  /** Makes an empty shard, or makes it again when that was begun and not ended. */
  createShard(index: number, map: SlotMap): Promise<void>;
  /** Deletes a shard with all that it holds, if it is there. */
  removeShard(index: number): Promise<void>;
  /** An empty shard beside the store, to measure how fast this one could write; ends with it. */
  openSample(map: SlotMap): Promise<MovingShard>;
}
