/** Rendezvous hashing: each shard bids for a post, and the highest bid has it. */
import { hashOf, mixed } from '../slot.ts';
import type { Routing } from './routing.ts';

/** 2^32 over the golden ratio: spreads small numbers over all bits. */
const GOLDEN = 0x9e3779b9;

/**
 * D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998). The bid
 * mixes the hash of the post with the number of the shard; of equal bids the lower shard has it.
 * A look-up costs as many bids as there are shards.
 */
export const byRendezvous: Routing = {
  name: 'rendezvous',
  shardOf(post, shards) {
    const hash = hashOf(post);
    let best = 0;
    let highest = -1;
    for (let shard = 0; shard < shards; shard++) {
      const bid = mixed(hash ^ mixed(Math.imul(shard + 1, GOLDEN)));
      if (bid > highest) {
        best = shard;
        highest = bid;
      }
    }
    return best;
  },
};
