/** Four shards in memory as the contract suites want them, each of which can be broken. */
import { StoreUnavailableError } from '../../store/errors.ts';
import type { MemoryShard } from '../../store/memory-shard.ts';
import type { MemoryStatesShard } from '../../store/memory-states-shard.ts';
import { ShardedStore } from '../../store/sharded-store.ts';
import { evenSlotMap } from '../../store/slot-map.ts';
import type { StoreUnderTest } from '../store-contract-reading.ts';

export const SLOT_MAP = evenSlotMap(4);

type AnyMemoryShard = MemoryShard | MemoryStatesShard;

export function breakableShards(shardOf: (index: number) => AnyMemoryShard): StoreUnderTest {
  const broken = new Set<number>();
  const shards = [0, 1, 2, 3].map((index) => {
    const shard = shardOf(index);
    const apply = shard.apply.bind(shard);
    shard.apply = async (likes, places, version) => {
      if (broken.has(index)) throw new StoreUnavailableError('broken by the test; repair it');
      return await apply(likes, places, version);
    };
    return shard;
  });
  return {
    open: () => ShardedStore.open(shards, () => SLOT_MAP),
    breakShard: async (index) => {
      broken.add(index);
      return { [Symbol.asyncDispose]: async () => void broken.delete(index) };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
