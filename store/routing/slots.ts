/** Slots: the hash names one of 4,096 slots, and a table says which shard has it. */
import { SLOT_COUNT, slotOf } from '../slot.ts';
import type { Routing } from './routing.ts';

/**
 * As a new store has them (evenSlotMap in slot-map.ts). A new shard is given as many slots as the
 * others will have, evenly from all of them: every ninth, say, where it is the ninth.
 */
export const bySlot: Routing = {
  name: 'slots',
  shardOf: (post, shards) => Math.floor((slotOf(post) * shards) / SLOT_COUNT),
  afterOneMore(post, shards) {
    const slot = slotOf(post);
    const moving = Math.floor(SLOT_COUNT / (shards + 1));
    const movedBefore = (at: number) => Math.floor((at * moving) / SLOT_COUNT);
    const moves = movedBefore(slot + 1) > movedBefore(slot);
    return moves ? shards : Math.floor((slot * shards) / SLOT_COUNT);
  },
};
