/** The slot map that a move leads to. Pure. */
import { SLOT_COUNT, slotOf } from '../slot.ts';
import { type SlotMap, shardsOfPost, withPostMoved } from '../slot-map.ts';

/**
 * The next version, in which the slots are spread evenly over `shards` shards and as few of them
 * move as that allows. With fewer shards than now, the last ones own nothing any more but are still
 * part of the map: their marks have to go somewhere first (finish-move.ts).
 */
export function rebalanced(map: SlotMap, shards: number): SlotMap {
  const slotsOf = slotsByShard(map);
  const targets = evenTargets(slotsOf, shards);
  const leaving = slotsOf.flatMap((slots, shard) => slots.slice(targets[shard] ?? 0));
  const shardOfSlot = map.shardOfSlot.slice();
  targets.forEach((target, shard) => {
    const lacking = Math.max(0, target - (slotsOf[shard]?.length ?? 0));
    for (const slot of leaving.splice(0, lacking)) shardOfSlot[slot] = shard;
  });
  const next = {
    version: map.version + 1,
    shards: Math.max(map.shards, shards),
    shardOfSlot,
  };
  return { ...next, exceptions: exceptionsWithin(map, shardOfSlot, shards) };
}

/** The next version, without the shards from `shards` on, which must own nothing. */
export function shrunk(map: SlotMap, shards: number): SlotMap {
  return { ...map, version: map.version + 1, shards };
}

/** The next version, in which a post lives in these shards; one past the last is a new one. */
export function postMoved(map: SlotMap, post: string, shards: readonly number[]): SlotMap {
  const moved = withPostMoved(map, post, shards);
  return { ...moved, shards: Math.max(map.shards, ...shards.map((shard) => shard + 1)) };
}

/** The next version, in which a post lives where it would without an exception. */
export function postTakenBack(map: SlotMap, post: string): SlotMap {
  return withPostMoved(map, post, shardsOfPost({ ...map, exceptions: new Map() }, post));
}

/** A shard for an isolated post: one that owns nothing but that post, or else a new one. */
export function shardOfItsOwn(map: SlotMap, post: string): number {
  const used = new Set<number>(map.shardOfSlot);
  for (const [other, owners] of map.exceptions) {
    if (other !== post) for (const owner of owners) used.add(owner);
  }
  for (let shard = 0; shard < map.shards; shard++) if (!used.has(shard)) return shard;
  return map.shards;
}

/** The shards for `slices` slices of a post: where it is now, then those with the fewest slots. */
export function shardsOfSlices(map: SlotMap, post: string, slices: number): number[] {
  const now = shardsOfPost(map, post);
  const slotsOf = slotsByShard(map);
  const others = slotsOf
    .map((slots, shard) => ({ shard, slots: slots.length }))
    .filter(({ shard }) => !now.includes(shard))
    .sort((one, other) => one.slots - other.slots || one.shard - other.shard);
  return [...now, ...others.map(({ shard }) => shard)].slice(0, slices);
}

function slotsByShard({ shards, shardOfSlot }: SlotMap): number[][] {
  const slotsOf: number[][] = Array.from({ length: shards }, () => []);
  shardOfSlot.forEach((shard, slot) => {
    slotsOf[shard]!.push(slot);
  });
  return slotsOf;
}

/** Sizes that differ by one at most; the larger ones for those that have the most already. */
function evenTargets(slotsOf: readonly number[][], shards: number): number[] {
  const least = Math.floor(SLOT_COUNT / shards);
  const targets = Array.from({ length: shards }, () => least);
  const bySize = targets
    .map((_, shard) => shard)
    .sort((one, other) => (slotsOf[other]?.length ?? 0) - (slotsOf[one]?.length ?? 0));
  for (const shard of bySize.slice(0, SLOT_COUNT % shards)) targets[shard] = least + 1;
  return targets;
}

/** A post that loses all of its shards goes to where its slot is. */
function exceptionsWithin(
  { exceptions }: SlotMap,
  shardOfSlot: Uint16Array,
  shards: number,
): Map<string, readonly number[]> {
  const kept = new Map<string, readonly number[]>();
  for (const [post, owners] of exceptions) {
    const left = owners.filter((owner) => owner < shards);
    if (left.length === 0) continue;
    if (left.length === 1 && left[0] === shardOfSlot[slotOf(post)]) continue;
    kept.set(post, left);
  }
  return kept;
}
