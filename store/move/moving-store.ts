/** What an engine has to offer so that its store can be resharded while it is used. */
import type { SlotMap } from '../slot-map.ts';
import type { MoveRecord } from './move-record.ts';
import type { MovingShard } from './moving-shard.ts';

export interface StoreState {
  /** In force. */
  readonly slotMap: SlotMap;
  readonly move?: MoveRecord | undefined;
}

/** Rows that one transaction of the mover takes, so that it never holds a lock for long. */
export interface PageSizes {
  readonly counts: number;
  /** Blocks of 4,096 marks. */
  readonly blocks: number;
  readonly changes: number;
}

/** Some ms of work, and 128 KiB of marks. */
export const PAGE_SIZES: PageSizes = { counts: 1_000, blocks: 256, changes: 2_000 };

/** A store in the hands of the one process that may move anything in it, until it is disposed. */
export interface MovingStore extends AsyncDisposable {
  readonly pageSizes: PageSizes;
  /** Whether shards wait each for a server, so that asking all at once is faster. */
  readonly isSideBySide: boolean;
  /** Between two transactions of the mover, so that those who count get the lock in between. */
  pause(): Promise<void>;
  state(): Promise<StoreState>;
  /** In one step, and on the disk when it resolves. Who counts sees the map at its next look. */
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
