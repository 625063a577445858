import { describe, expect, test } from 'vitest';
import type { Like } from '../../likes/like.ts';
import type { ShardCommit } from '../../store/count-store.ts';
import { StoreUnavailableError } from '../../store/errors.ts';
import { MemoryShard } from '../../store/memory-shard.ts';
import { ShardedStore } from '../../store/sharded-store.ts';
import { slotOf } from '../../store/slot.ts';
import { evenSlotMap, withSlotMoved } from '../../store/slot-map.ts';
import { testStore } from '../store-contract.ts';
import { madeLike, madeLikes } from './made-likes.ts';

const SLOT_MAP = evenSlotMap(4);

/** Memory does not fail by itself, so the outage has to be made. */
class BreakableShard extends MemoryShard {
  broken = false;

  override apply(likes: readonly Like[], places: readonly number[], version: number): ShardCommit {
    if (this.broken) throw new StoreUnavailableError('broken by the test; repair it');
    return super.apply(likes, places, version);
  }
}

testStore('memory', async () => {
  const shards = [0, 1, 2, 3].map((index) => new BreakableShard(index, SLOT_MAP));
  return {
    open: async () => new ShardedStore(shards, () => SLOT_MAP),
    breakShard: (index) => {
      const shard = shards[index]!;
      shard.broken = true;
      return {
        [Symbol.dispose]: () => {
          shard.broken = false;
        },
      };
    },
    [Symbol.asyncDispose]: async () => {},
  };
});

describe('MemoryShard', () => {
  test('refuses a batch that was routed by another slot map, and stores nothing of it', () => {
    using shard = new MemoryShard(0, SLOT_MAP);
    expect(() => shard.apply(madeLikes('a', 3), [0, 1, 2], 2)).toThrow(
      expect.objectContaining({ code: 'SLOT_MAP_CHANGED' }),
    );
    expect(shard.totals().marks).toBe(0);
  });

  test('finds a post that belongs to another shard', () => {
    using shard = new MemoryShard(0, SLOT_MAP);
    const like = madeLike('a', 0, { post: 'x' });
    shard.adoptSlotMap(withSlotMoved(SLOT_MAP, slotOf('x'), 3));
    shard.apply([like], [0], 2);
    expect(shard.findProblems()).toEqual(['post "x" belongs to shard 3']);
    expect(shard.ownership()('x')).toBe(false);
  });
});
