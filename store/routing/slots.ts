/** Slots: the hash names one of 4,096 slots, and a table says which shard has it. */
import { SLOT_COUNT, slotOf } from '../slot.ts';
import type { Routing } from './routing.ts';

/**
 * As a new store has them (evenSlotMap in slot-map.ts). For one more shard each gives the last of
 * its slots, the same part of all, so that no more moves than the new shard is to hold.
 */
export const bySlot: Routing = {
  name: 'slots',
  shardOf: (post, shards) => Math.floor((slotOf(post) * shards) / SLOT_COUNT),
  afterOneMore(post, shards) {
    const scaled = slotOf(post) * shards;
    const place = scaled % SLOT_COUNT;
    const moves = place * (shards + 1) >= shards * SLOT_COUNT;
    return moves ? shards : Math.floor(scaled / SLOT_COUNT);
  },
};
