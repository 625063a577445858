/** Jump consistent hashing: no table, and a new shard takes from all others alike. */
import { hashOf } from '../slot.ts';
import type { Routing } from './routing.ts';

/** Of the linear congruential generator that the paper draws its random numbers from. */
const MULTIPLIER = 2_862_933_555_777_941_757n;
const SHIFT = 33n;
const RANGE = 2 ** 31;

/**
 * J. Lamping and E. Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm" (2014), as printed.
 * The key jumps from each shard to the next one that it would have moved to while shards were added
 * one by one; the last jump within `shards` is where it stands.
 * @param key whole number from 0 to 2^64 - 1
 */
export function jump(key: bigint, shards: number): number {
  let state = key;
  let shard = 0;
  let next = 0;
  while (next < shards) {
    shard = next;
    state = BigInt.asUintN(64, state * MULTIPLIER + 1n);
    next = Math.floor((shard + 1) * (RANGE / (Number(state >> SHIFT) + 1)));
  }
  return shard;
}

/** Only the last shard can be taken away again: the others have no number to be left out by. */
export const byJump: Routing = {
  name: 'jump',
  shardOf: (post, shards) => jump(BigInt(hashOf(post)), shards),
};
