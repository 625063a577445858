/** What a routing is: which shard a post belongs to, told from its id alone. */

/** From the course's own ways, over those that others use, to the one that stores here have. */
export const ROUTING_NAMES = ['letters', 'ids', 'modulo', 'jump', 'rendezvous', 'slots'] as const;
export type RoutingName = (typeof ROUTING_NAMES)[number];

/** A pure function, so that every process finds the same shard. */
export interface Routing {
  readonly name: RoutingName;
  /** From 0 to `shards - 1`, for `shards` from 1 up. Any text has a shard. */
  shardOf(post: string, shards: number): number;
  /**
   * Where the post stands when one shard was added to `shards`, for routings that then do something
   * else than `shardOf(post, shards + 1)`.
   */
  afterOneMore?(post: string, shards: number): number;
}

/** A routing as it stands in a file or in options. */
export interface RoutingChoice {
  readonly name: RoutingName;
  /** `ids` only, and needed there: how many ids there were when the ranges were cut. */
  readonly idsSeen?: number | undefined;
}
