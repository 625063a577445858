/** What a move takes from which shard to which, by the two slot maps alone. Pure. */
import { slotOf } from '../slot.ts';
import { type SlotMap, shardsOfPost } from '../slot-map.ts';

export interface Move {
  readonly from: SlotMap;
  /** The next version. */
  readonly to: SlotMap;
  /** Less than the shards of `to` when its last ones own nothing any more and are to go. */
  readonly shardsAfter: number;
}

/** The receiver must know each like that the giver has counted. */
export interface Way {
  readonly giver: number;
  readonly receiver: number;
}

/**
 * Posts that change hands by name, because an exception came, changed or went. They are few, so
 * their counts go over at the switch. All others go by their slot, and are copied ahead.
 */
export function namedPosts({ from, to }: Move): string[] {
  const named = new Set([...from.exceptions.keys(), ...to.exceptions.keys()]);
  return [...named].filter((post) => {
    return String(shardsOfPost(from, post)) !== String(shardsOfPost(to, post));
  });
}

/** The slots that change hands. */
export function movingSlots({ from, to }: Move): number[] {
  return [...from.shardOfSlot.keys()].filter(
    (slot) => from.shardOfSlot[slot] !== to.shardOfSlot[slot],
  );
}

/** Every pair of an old and a new owner of anything that moves, each once, in order. */
export function waysOf(move: Move): Way[] {
  const ways = new Map<string, Way>();
  const add = (giver: number, receiver: number) => {
    if (giver !== receiver) ways.set(`${giver} ${receiver}`, { giver, receiver });
  };
  for (const slot of movingSlots(move)) {
    add(move.from.shardOfSlot[slot]!, move.to.shardOfSlot[slot]!);
  }
  for (const post of namedPosts(move)) {
    for (const giver of shardsOfPost(move.from, post)) {
      for (const receiver of shardsOfPost(move.to, post)) add(giver, receiver);
    }
  }
  return [...ways.values()].sort(
    (one, other) => one.giver - other.giver || one.receiver - other.receiver,
  );
}

/** Where a post's counts go that moves with its slot; undefined when it stays, or goes by name. */
export function receiverBySlot({ from, to }: Move, giver: number, post: string) {
  if (from.exceptions.has(post) || to.exceptions.has(post)) return undefined;
  const slot = slotOf(post);
  if (from.shardOfSlot[slot] !== giver) return undefined;
  const receiver = to.shardOfSlot[slot]!;
  return receiver === giver ? undefined : receiver;
}

/**
 * Where the counts of a named post go from this shard; undefined when they stay, since reads add up
 * all owners, or when it never had any.
 */
export function receiverByName({ from, to }: Move, giver: number, post: string) {
  const owners = shardsOfPost(to, post);
  if (!shardsOfPost(from, post).includes(giver) || owners.includes(giver)) return undefined;
  return owners[0]!;
}

/** All shards of both maps. */
export function shardsOfMove({ from, to }: Move): number[] {
  return Array.from({ length: Math.max(from.shards, to.shards) }, (_, index) => index);
}

/** The shards that the move adds. */
export function addedShards({ from, to }: Move): number[] {
  return shardsOfMove({ from, to, shardsAfter: to.shards }).slice(from.shards);
}
