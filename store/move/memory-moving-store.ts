/** A store of shards in memory in the hands of the mover, for tests. */
import { MemoryShard } from '../memory-shard.ts';
import type { SlotMap } from '../slot-map.ts';
import { MemoryMovingShard } from './memory-moving.ts';
import type { MovingShard } from './moving-shard.ts';
import { type MovingStore, PAGE_SIZES, type PageSizes, type StoreState } from './moving-store.ts';

/** Shards by their index. A mover that ends and another one that begins share it. */
export class MemoryMovingStore implements MovingStore {
  readonly pageSizes: PageSizes;
  readonly isSideBySide = false;
  #state: StoreState;
  readonly #shards = new Map<number, MemoryMovingShard>();

  constructor(slotMap: SlotMap, pageSizes = PAGE_SIZES) {
    this.pageSizes = pageSizes;
    this.#state = { slotMap };
    for (let index = 0; index < slotMap.shards; index++) this.#make(index, slotMap);
  }

  get slotMap(): SlotMap {
    return this.#state.slotMap;
  }

  memoryShard(index: number): MemoryShard {
    return this.#shards.get(index)!.shard;
  }

  async pause(): Promise<void> {}

  async state(): Promise<StoreState> {
    return this.#state;
  }

  async write(state: StoreState): Promise<void> {
    this.#state = state;
  }

  async shard(index: number): Promise<MovingShard> {
    return this.#shards.get(index)!;
  }

  async createShard(index: number, map: SlotMap): Promise<void> {
    if (!this.#shards.has(index)) this.#make(index, map);
  }

  async removeShard(index: number): Promise<void> {
    this.#shards.delete(index);
  }

  async openSample(map: SlotMap): Promise<MovingShard> {
    return new MemoryMovingShard(new MemoryShard(0, map));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #make(index: number, map: SlotMap): void {
    this.#shards.set(index, new MemoryMovingShard(new MemoryShard(index, map)));
  }
}
