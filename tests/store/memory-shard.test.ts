import { describe, expect, test } from 'vitest';
import { MemoryShard } from '../../store/memory-shard.ts';
import { slotOf } from '../../store/slot.ts';
import { evenSlotMap } from '../../store/slot-map.ts';
import { testStore } from '../store-contract.ts';
import { breakableShards, SLOT_MAP } from './breakable-shards.ts';
import { madeLike, madeLikes } from './made-likes.ts';
import { withSlotMoved } from './moved-slot.ts';

testStore('memory', async () => breakableShards((index) => new MemoryShard(index, SLOT_MAP)));

describe('MemoryShard', () => {
  test('refuses a batch routed by another slot map, and stores nothing of it', async () => {
    await using shard = new MemoryShard(0, SLOT_MAP);
    await expect(shard.apply(madeLikes('a', 3), [0, 1, 2], 2)).rejects.toMatchObject({
      code: 'SLOT_MAP_CHANGED',
    });
    expect((await shard.totals()).marks).toBe(0);
  });

  test('finds a count and a block of marks that are not what was written', async () => {
    class DamagedShard extends MemoryShard {
      oneMore(post: string): void {
        this.rows.counts.get(post)!.likes++;
      }
    }
    const shard = new DamagedShard(0, evenSlotMap(1));
    const likes = madeLikes('a', 5_000);
    await shard.apply(
      likes,
      likes.map((_, place) => place),
      1,
    );
    expect(await shard.findProblems()).toEqual([]);
    shard.oneMore('post-3');
    shard.bits(0, 1)[2]! ^= 1;
    expect(await shard.findProblems()).toEqual([
      expect.stringMatching(/^4001 likes and 1000 unlikes are counted, but /),
      'post "post-3" is not what its checksum says',
      'block 1 of source "a" is not what its checksum says',
    ]);
    await expect(shard.apply(likes, [4_999], 1)).rejects.toThrow(/does not have its checksum/);
  });

  test('finds a post that belongs to another shard', async () => {
    await using shard = new MemoryShard(0, SLOT_MAP);
    const like = madeLike('a', 0, { post: 'x' });
    await shard.adoptSlotMap(withSlotMoved(SLOT_MAP, slotOf('x'), 3));
    await shard.apply([like], [0], 2);
    expect(await shard.findProblems()).toEqual(['post "x" belongs to shard 3']);
    expect((await shard.ownership())('x')).toBe(false);
  });
});
