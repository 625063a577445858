/** The shards that a process has open, and the slot map by which it uses them. */
import type { Shard } from './count-store.ts';
import { StoreUnavailableError } from './errors.ts';
import type { SlotMap } from './slot-map.ts';

/** Posts change hands within moments; after so many looks the mover must have died on the way. */
export const SLOT_MAP_LOOKS_MAX = 300;
export const SLOT_MAP_LOOK_MS = 10;

export type LoadSlotMap = () => SlotMap | Promise<SlotMap>;
export type OpenShard = (index: number) => Shard | Promise<Shard>;

/** Owns the shards: disposing it disposes them. */
export class ShardSet implements AsyncDisposable {
  readonly #loadSlotMap: LoadSlotMap;
  readonly #openShard: OpenShard | undefined;
  #shards: readonly Shard[];
  #map: SlotMap;
  #refreshing: Promise<void> | undefined;
  /** Calls that are under way may still use them; they are refused there, by the map's version. */
  #left: readonly Shard[] = [];

  /** Without `openShard` the number of shards is for ever the one of `shards`. */
  constructor(
    shards: readonly Shard[],
    map: SlotMap,
    loadSlotMap: LoadSlotMap,
    openShard?: OpenShard,
  ) {
    this.#shards = shards;
    this.#map = map;
    this.#loadSlotMap = loadSlotMap;
    this.#openShard = openShard;
  }

  /** One for each shard of the map. */
  get shards(): readonly Shard[] {
    return this.#shards;
  }

  /** The map that was in force at the last look. */
  get map(): SlotMap {
    return this.#map;
  }

  /**
   * Looks which map is in force now, opens the shards that came and closes those that went. Whoever
   * routes takes map and shards once, since a call beside it may do this at any time.
   */
  async refresh(): Promise<SlotMap> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
    return this.#map;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#refreshing?.catch(() => {});
    await disposeAll([...this.#left, ...this.#shards]);
  }

  async #refresh(): Promise<void> {
    const map = await this.#loadSlotMap();
    if (map.version === this.#map.version) return;
    // Whoever missed a map in between may hold a shard that was deleted and made again meanwhile.
    // Shard 0 never is.
    const isNext = map.version === this.#map.version + 1;
    const keptMax = isNext || this.#openShard === undefined ? map.shards : 1;
    const kept = this.#shards.slice(0, keptMax);
    const opened: Shard[] = [];
    try {
      for (let index = kept.length; index < map.shards; index++) {
        if (this.#openShard === undefined) throw new Error(`shard ${index} cannot be opened here`);
        opened.push(await this.#openShard(index));
      }
    } catch (error) {
      await disposeAll(opened);
      throw error;
    }
    const leftBefore = this.#left;
    this.#left = this.#shards.slice(kept.length);
    this.#shards = [...kept, ...opened];
    this.#map = map;
    await disposeAll(leftBefore);
  }
}

async function disposeAll(shards: readonly Shard[]): Promise<void> {
  for (const shard of shards) await shard[Symbol.asyncDispose]();
}

/** `what` is what has to wait, in the words of a person. */
export function slotMapUnsettled(what: string): StoreUnavailableError {
  const waitedMs = SLOT_MAP_LOOKS_MAX * SLOT_MAP_LOOK_MS;
  return new StoreUnavailableError(
    `${what}: shards did not settle on the store's slot map within ${waitedMs} ms; finish the ` +
      'move that was begun (npm run lab -- reshard, --resume or --roll-back), then try again',
  );
}
