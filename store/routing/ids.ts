/** Range by id: ids that rise with time, such as those of a sequence, in equal ranges. */
import type { Routing } from './routing.ts';

/** More digits than this are no number that a double holds exactly. */
const DIGITS_MAX = 15;
const CODE_OF_0 = 0x30;
const CODE_OF_9 = 0x39;

/** The number that an id ends with, by its last 15 digits at most; 0 when it ends with none. */
export function numberOf(post: string): number {
  let from = post.length;
  const least = Math.max(0, post.length - DIGITS_MAX);
  while (from > least && isDigit(post.charCodeAt(from - 1))) from--;
  return from === post.length ? 0 : Number(post.slice(from));
}

function isDigit(code: number): boolean {
  return code >= CODE_OF_0 && code <= CODE_OF_9;
}

/**
 * Equal ranges of the ids from 0 to `idsSeen - 1`, those that were there when the ranges were cut.
 * Whatever came later stands behind the last border, in the last shard.
 */
export function byId(idsSeen: number): Routing {
  return {
    name: 'ids',
    shardOf(post, shards) {
      return Math.min(shards - 1, Math.floor((numberOf(post) * shards) / idsSeen));
    },
  };
}
