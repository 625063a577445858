import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyShards, shardsForSlices, shardsWithSlots } from '../../../store/hot/hot-shards.ts';
import { evenSlotMap, shardsOfPost, withPostMoved } from '../../../store/slot-map.ts';

const spare = { ...evenSlotMap(4), shards: 6 };

describe('shards for a hot post', () => {
  test('of its own are those that hold nothing', () => {
    expect(emptyShards(spare)).toEqual([4, 5]);
    expect(emptyShards(withPostMoved(spare, 'hot', [4]))).toEqual([5]);
    expect(emptyShards(evenSlotMap(4))).toEqual([]);
  });

  test('of its slices begin where it is, are all different and never empty ones', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 2, max: 9 }), (post, slices) => {
        const chosen = shardsForSlices(spare, post, slices);
        expect(chosen[0]).toBe(shardsOfPost(spare, post)[0]);
        expect(new Set(chosen).size).toBe(Math.min(slices, 4));
        expect(chosen.every((shard) => shardsWithSlots(spare).includes(shard))).toBe(true);
      }),
    );
  });

  test('of its slices are shards with slots, also when the post was isolated before', () => {
    const isolated = withPostMoved(spare, 'hot', [5]);
    expect(shardsForSlices(isolated, 'hot', 2)).toEqual([0, 1]);
  });
});
