import { describe, expect, test } from 'vitest';
import { postMoved, postTakenBack, rebalanced } from '../../../store/move/next-map.ts';
import {
  addedShards,
  type Move,
  movingSlots,
  namedPosts,
  receiverByName,
  receiverBySlot,
  waysOf,
} from '../../../store/move/transfers.ts';
import { slotOf } from '../../../store/slot.ts';
import { evenSlotMap, type SlotMap } from '../../../store/slot-map.ts';
import { withSlotMoved } from '../moved-slot.ts';

const POST = 'post-1';
const HOME = evenSlotMap(4).shardOfSlot[slotOf(POST)]!;
const AWAY = (HOME + 1) % 4;

function move(from: SlotMap, to: SlotMap): Move {
  return { from, to, shardsAfter: to.shards };
}

describe('what a move takes where', () => {
  test('goes from each old shard to the one that is added', () => {
    const added = move(evenSlotMap(4), rebalanced(evenSlotMap(4), 5));
    expect(waysOf(added)).toEqual([0, 1, 2, 3].map((giver) => ({ giver, receiver: 4 })));
    expect(movingSlots(added)).toHaveLength(819);
    expect(addedShards(added)).toEqual([4]);
  });

  test('goes with its slot, unless the post has a place of its own', () => {
    const from = evenSlotMap(4);
    const slot = slotOf(POST);
    expect(receiverBySlot(move(from, withSlotMoved(from, slot, AWAY)), HOME, POST)).toBe(AWAY);
    expect(receiverBySlot(move(from, withSlotMoved(from, slot, AWAY)), AWAY, POST)).toBeUndefined();
    const isolated = postMoved(from, POST, [(HOME + 2) % 4]);
    const both = move(isolated, withSlotMoved(isolated, slot, AWAY));
    expect(receiverBySlot(both, HOME, POST)).toBeUndefined();
    expect(namedPosts(both)).toEqual([]);
  });

  test('of a post that is split stays in its first slice, and marks go to the others', () => {
    const from = evenSlotMap(4);
    const split = move(from, postMoved(from, POST, [HOME, AWAY]));
    expect(namedPosts(split)).toEqual([POST]);
    expect(waysOf(split)).toEqual([{ giver: HOME, receiver: AWAY }]);
    expect(receiverByName(split, HOME, POST)).toBeUndefined();
  });

  test('of slices that are taken back is added up in the one shard', () => {
    const from = postMoved(evenSlotMap(4), POST, [HOME, AWAY]);
    const back = move(from, postTakenBack(from, POST));
    expect(receiverByName(back, AWAY, POST)).toBe(HOME);
    expect(receiverByName(back, HOME, POST)).toBeUndefined();
    expect(waysOf(back)).toEqual([{ giver: AWAY, receiver: HOME }]);
  });

  test('of slices in another order is all marks, since users change their slices', () => {
    const from = postMoved(evenSlotMap(4), POST, [0, 1]);
    const turned = move(from, postMoved(from, POST, [1, 0]));
    expect(namedPosts(turned)).toEqual([POST]);
    expect(waysOf(turned)).toEqual([
      { giver: 0, receiver: 1 },
      { giver: 1, receiver: 0 },
    ]);
    expect(receiverByName(turned, 0, POST)).toBeUndefined();
  });
});
