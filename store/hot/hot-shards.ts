/** Which shards a hot post goes to. Pure. */
import { type SlotMap, shardsOfPost } from '../slot-map.ts';

/** Shards that hold no slot and no post that was moved: for a post of its own. */
export function emptyShards(map: SlotMap): number[] {
  const taken = new Set<number>([...map.shardOfSlot, ...[...map.exceptions.values()].flat()]);
  return allShards(map).filter((shard) => !taken.has(shard));
}

/** Shards that hold slots: those over which the load of all other posts is spread. */
export function shardsWithSlots(map: SlotMap): number[] {
  const holding = new Set(map.shardOfSlot);
  return allShards(map).filter((shard) => holding.has(shard));
}

/**
 * For so many slices: the shard where the post is now first, then its neighbours in a ring, so that
 * several split posts do not all begin at the same one. Fewer when there are not as many shards.
 */
export function shardsForSlices(map: SlotMap, post: string, slices: number): number[] {
  const holding = shardsWithSlots(map);
  const [home] = shardsOfPost(map, post);
  const start = Math.max(0, holding.indexOf(home!));
  const ring = [...holding.slice(start), ...holding.slice(0, start)];
  return ring.slice(0, slices);
}

function allShards({ shards }: SlotMap): number[] {
  return Array.from({ length: shards }, (_, shard) => shard);
}
