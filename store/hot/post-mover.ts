/** Moves hot posts of any store that is sharded by us; opens what it needs for each move. */
import type { PostMover } from '../hot-posts.ts';
import type { StoreOptions } from '../open-store.ts';
import type { SlotMap } from '../slot-map.ts';
import { readStoreFile } from '../store-file.ts';

export interface OpenPostMover extends PostMover {
  /** The map that is in force now. */
  slotMap(): Promise<SlotMap>;
}

export function openPostMover(options: StoreOptions): OpenPostMover {
  const folder = (options as { folder: string }).folder;
  const no = async () => {
    throw new Error('posts cannot be moved yet');
  };
  return {
    slotMap: async () => readStoreFile(folder).slotMap,
    isolate: no,
    split: no,
    takeBack: no,
  };
}
