/** Hash modulo: the first thing that one thinks of. */
import { hashOf } from '../slot.ts';
import type { Routing } from './routing.ts';

/** The remainder of the hash; with another number of shards nearly all remainders are others. */
export const byModulo: Routing = {
  name: 'modulo',
  shardOf: (post, shards) => hashOf(post) % shards,
};
