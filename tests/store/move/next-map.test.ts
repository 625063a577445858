import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  postMoved,
  postTakenBack,
  rebalanced,
  shardOfItsOwn,
  shardsOfSlices,
  shrunk,
} from '../../../store/move/next-map.ts';
import { SLOT_COUNT } from '../../../store/slot.ts';
import {
  evenSlotMap,
  type SlotMap,
  shardsOfPost,
  slotMapFromDocument,
  slotMapToDocument,
} from '../../../store/slot-map.ts';

function sizesOf({ shards, shardOfSlot }: SlotMap): number[] {
  const sizes = new Array<number>(shards).fill(0);
  for (const shard of shardOfSlot) sizes[shard]!++;
  return sizes;
}

function movedSlots(from: SlotMap, to: SlotMap): number {
  return [...from.shardOfSlot].filter((shard, slot) => shard !== to.shardOfSlot[slot]).length;
}

describe('rebalanced', () => {
  test('takes slots evenly from all for a shard that is added, and moves no other', () => {
    const from = evenSlotMap(4);
    const to = rebalanced(from, 5);
    expect(sizesOf(to)).toEqual([820, 819, 819, 819, 819]);
    expect(movedSlots(from, to)).toBe(819);
    expect(to.version).toBe(2);
  });

  test('spreads the slots of drained shards, which stay in the map and own nothing', () => {
    const from = rebalanced(evenSlotMap(4), 5);
    const to = rebalanced(from, 3);
    expect(sizesOf(to)).toEqual([1_366, 1_365, 1_365, 0, 0]);
    expect(movedSlots(from, to)).toBe(2 * 819);
    expect(sizesOf(shrunk(to, 3))).toEqual([1_366, 1_365, 1_365]);
  });

  test('of any map is even, moves as few slots as that allows, and is a map', () => {
    const shards = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(shards, fc.array(shards, { minLength: 1, maxLength: 4 }), (first, more) => {
        let map = evenSlotMap(first);
        for (const next of more) {
          const to = rebalanced(map, next);
          const sizes = sizesOf(to).slice(0, next);
          const before = sizesOf(map);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(SLOT_COUNT);
          const lacking = sizes.map((size, shard) => Math.max(0, size - (before[shard] ?? 0)));
          expect(movedSlots(map, to)).toBe(lacking.reduce((sum, slots) => sum + slots, 0));
          expect(slotMapFromDocument(slotMapToDocument(to))).toEqual(to);
          map = to.shards > next ? shrunk(to, next) : to;
          expect(slotMapFromDocument(slotMapToDocument(map))).toEqual(map);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('brings posts of drained shards to shards that stay', () => {
    let map = evenSlotMap(4);
    for (const [post, shards] of [
      ['alone', [3]],
      ['in slices', [1, 3, 2]],
      ['elsewhere', [2, 3]],
    ] as const) {
      map = postMoved(map, post, shards);
    }
    const to = rebalanced(map, 2);
    expect(to.exceptions.has('alone')).toBe(false);
    expect(shardsOfPost(to, 'alone')[0]).toBeLessThan(2);
    expect(to.exceptions.has('elsewhere')).toBe(false);
    expect(shardsOfPost(to, 'in slices')).toEqual([1]);
  });
});

describe('a post that moves', () => {
  test('may go to one shard more than there are', () => {
    expect(postMoved(evenSlotMap(4), 'x', [4]).shards).toBe(5);
    expect(postMoved(evenSlotMap(4), 'x', [3]).shards).toBe(4);
  });

  test('finds a shard that nobody else lives in, or a new one', () => {
    const map = evenSlotMap(4);
    expect(shardOfItsOwn(map, 'x')).toBe(4);
    const isolated = postMoved(map, 'x', [4]);
    expect(shardOfItsOwn(isolated, 'x')).toBe(4);
    expect(shardOfItsOwn(isolated, 'y')).toBe(5);
    expect(shardOfItsOwn(postTakenBack(isolated, 'x'), 'y')).toBe(4);
  });

  test('is split where it is and where there are the fewest slots, and keeps its slices', () => {
    const map = postMoved(rebalanced(evenSlotMap(3), 3), 'other', [3]);
    const home = shardsOfPost(map, 'x')[0]!;
    expect(shardsOfSlices(map, 'x', 2)).toEqual([home, 3]);
    const split = postMoved(map, 'x', [2, 0]);
    expect(shardsOfSlices(split, 'x', 3)).toEqual([2, 0, 3]);
    expect(shardsOfSlices(split, 'x', 1)).toEqual([2]);
  });

  test('that is taken back has no exception', () => {
    const moved = postMoved(evenSlotMap(4), 'x', [0, 1, 2, 3]);
    expect(postTakenBack(moved, 'x').exceptions.size).toBe(0);
  });
});
