import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SLOT_COUNT, slotOf } from '../../store/slot.ts';
import {
  evenSlotMap,
  newSlotMap,
  SHARDS_MAX,
  type SlotMap,
  shardOfLike,
  shardsOfPost,
  slotMapFromDocument,
  slotMapToDocument,
  withPostMoved,
} from '../../store/slot-map.ts';
import { withSlotMoved } from './moved-slot.ts';

const DOCUMENT = slotMapToDocument(evenSlotMap(2));

describe('the slot map', () => {
  test('gives every shard of a new store as many slots as any other, give or take one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SHARDS_MAX }), (shards) => {
        const slots = new Array<number>(shards).fill(0);
        for (const shard of evenSlotMap(shards).shardOfSlot) slots[shard]!++;
        expect(Math.max(...slots) - Math.min(...slots)).toBeLessThanOrEqual(1);
        expect(Math.min(...slots)).toBeGreaterThanOrEqual(Math.floor(SLOT_COUNT / shards));
      }),
    );
  });

  test('of a new store leaves its last shards without slots, where they are to be spare', () => {
    const map = newSlotMap(5, { spareShards: 1 });
    expect(map.shards).toBe(5);
    expect(map.shardOfSlot).toEqual(evenSlotMap(4).shardOfSlot);
    expect(slotMapFromDocument(slotMapToDocument(map))).toEqual(map);
    expect(newSlotMap(4, {})).toEqual(evenSlotMap(4));
    expect(() => newSlotMap(2, { spareShards: 2 })).toThrow('one must hold slots');
  });

  test('a moved slot takes its posts along and makes the next version', () => {
    const map = evenSlotMap(4);
    const moved = withSlotMoved(map, slotOf('x'), 3);
    expect([moved.version, ...shardsOfPost(moved, 'x')]).toEqual([2, 3]);
    expect(shardsOfPost(map, 'x')).not.toEqual([3]);
  });

  test('a post that was moved alone leaves its slot, and comes back to it without a trace', () => {
    const map = evenSlotMap(4);
    const home = shardsOfPost(map, 'x');
    const away = withPostMoved(map, 'x', [3]);
    expect([shardsOfPost(away, 'x'), away.exceptions.size]).toEqual([[3], 1]);
    const back = withPostMoved(away, 'x', home);
    expect([shardsOfPost(back, 'x'), back.exceptions.size, back.version]).toEqual([home, 0, 3]);
  });

  test('a like of a split post goes to the slice of its user, evenly over the users', () => {
    const map = withPostMoved(evenSlotMap(4), 'x', [0, 2, 3]);
    const users = Array.from({ length: 3_000 }, (_, number) => `user-${number}`);
    const likesOfShard = [0, 0, 0, 0];
    for (const user of users) {
      const shard = shardOfLike(map, { post: 'x', user });
      expect(shardOfLike(map, { post: 'x', user })).toBe(shard);
      likesOfShard[shard]!++;
    }
    expect(likesOfShard[1]).toBe(0);
    for (const shard of [0, 2, 3]) expect(likesOfShard[shard]).toBeGreaterThan(900);
    expect(shardOfLike(map, { post: 'y', user: 'user-0' })).toBe(shardsOfPost(map, 'y')[0]);
  });

  test('survives being written and read, whatever was moved', () => {
    const move = fc.tuple(
      fc.oneof(fc.nat(SLOT_COUNT - 1), fc.string({ minLength: 1 })),
      fc.uniqueArray(fc.nat(6), { minLength: 1 }),
    );
    fc.assert(
      fc.property(fc.array(move), (moves) => {
        const map = moves.reduce<SlotMap>(
          (old, [what, shards]) =>
            typeof what === 'number'
              ? withSlotMoved(old, what, shards[0]!)
              : withPostMoved(old, what, shards),
          evenSlotMap(7),
        );
        const text = JSON.stringify(slotMapToDocument(map));
        expect(slotMapFromDocument(JSON.parse(text))).toEqual(map);
      }),
    );
  });

  test('keeps another routing than slots when it is written, and says nothing of slots', () => {
    const routing = { name: 'ids', idsSeen: 10 } as const;
    const map = withPostMoved(evenSlotMap(4, routing), 'p9', [0]);
    expect([shardsOfPost(map, 'p5'), shardsOfPost(map, 'p9')]).toEqual([[2], [0]]);
    expect(shardOfLike(map, { post: 'p5', user: 'u' })).toBe(2);
    expect(withPostMoved(map, 'p9', [3]).exceptions.size).toBe(0);
    const text = JSON.stringify(slotMapToDocument(map));
    expect(slotMapFromDocument(JSON.parse(text))).toEqual(map);
    expect(evenSlotMap(4, { name: 'slots' })).toEqual(evenSlotMap(4));
    expect('routing' in slotMapToDocument(evenSlotMap(4))).toBe(false);
  });

  test.each([
    ['a hole', { runs: [{ from: 1, to: 4095, shard: 0 }] }, 'expected a run from slot 0'],
    ['a missing end', { runs: [{ from: 0, to: 4094, shard: 0 }] }, '4095 of 4096 slots'],
    ['slots beyond the end', { runs: [{ from: 0, to: 4096, shard: 0 }] }, '4097 of 4096 slots'],
    ['a run that ends before it starts', { runs: [{ from: 0, to: -1, shard: 0 }] }, 'Too small'],
    ['a shard that is not there', { runs: [{ from: 0, to: 4095, shard: 2 }] }, 'in shard 2 of 2'],
    ['a moved post in no shard', { exceptions: [{ post: 'x', shards: [9] }] }, 'in shard 9 of 2'],
    [
      'a post moved twice',
      {
        exceptions: [
          { post: 'x', shards: [0] },
          { post: 'x', shards: [1] },
        ],
      },
      'two exceptions',
    ],
    ['two slices in one shard', { exceptions: [{ post: 'x', shards: [1, 1] }] }, 'two slices'],
    ['version 0', { version: 0 }, 'version'],
    ['ids without a number', { routing: { name: 'ids' } }, 'needs idsSeen'],
    ['a routing of nobody', { routing: { name: 'magic' } }, 'routing'],
    ['an unknown field', { colour: 'red' }, 'colour'],
  ])('is refused with %s', (_, change, reason) => {
    expect(() => slotMapFromDocument({ ...DOCUMENT, ...change })).toThrow(reason);
  });
});
