import type { SlotMap } from '../../store/slot-map.ts';

/** The next version of a map, in which `slot` belongs to `shard`. */
export function withSlotMoved(map: SlotMap, slot: number, shard: number): SlotMap {
  const shardOfSlot = map.shardOfSlot.with(slot, shard);
  return { ...map, version: map.version + 1, shardOfSlot };
}
