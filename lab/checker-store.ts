/** The checker's passes over what was counted and what was parked. */
import { decodeLike, type Like, NotALikeError } from '../likes/like.ts';
import { type LikeStates, STATE } from './like-states.ts';
import type { PostSums } from './post-sums.ts';
import type { Names } from './record-reader.ts';

/** What a store in memory has at once, and one behind a connection later. */
type Soon<T> = T | Promise<T>;
type Rows<T> = Iterable<T> | AsyncIterable<T>;

/** The last action of a user on a post, by version. */
export interface StoredState {
  readonly post: string;
  readonly user: string;
  readonly version: number;
  readonly action: Like['action'];
}

/** The parts of the count store that the checker reads; store/count-store.ts has them. */
export interface StoredCounts {
  /** Marks, and under the rule *states* states, as the shards themselves add them up. */
  totals(): Soon<{ marks: number; states?: number }>;
  readonly shards: readonly {
    marks(): Rows<{ source: string; block: number; bits: Uint8Array }>;
    /** Under the rule *states* only. */
    states?(): Rows<StoredState>;
    counts(): Rows<{ post: string; likes: number; unlikes: number }>;
    /** Tells whether a post belongs to the shard; left out by stores that cannot tell. */
    ownership?(): Soon<(post: string) => boolean>;
  }[];
}

/** Likes of one block of marks; the store's format says the same. */
const MARKS_PER_BLOCK = 4_096;
const BITS_PER_BYTE = 8;

export interface MarkSums {
  counted: number;
  /** Marks of likes that another shard has marked before. */
  again: number;
  phantom: number;
}

export async function readMarks(
  stored: StoredCounts,
  names: Names,
  states: LikeStates,
): Promise<MarkSums> {
  const sums = { counted: 0, again: 0, phantom: 0 };
  for (const shard of stored.shards) {
    for await (const { source, block, bits } of shard.marks()) {
      // A block of marks lies within one page.
      const page = states.pageOf(names.numberOf(source), block * MARKS_PER_BLOCK);
      const first = (block * MARKS_PER_BLOCK) % page.length;
      for (let byte = 0; byte < bits.length; byte++) {
        // Bit by bit from the lowest, and only those that are set.
        for (let rest = bits[byte]!; rest !== 0; rest &= rest - 1) {
          const place = first + byte * BITS_PER_BYTE + lowestBit(rest);
          const state = page[place]!;
          if ((state & STATE.attempted) === 0) sums.phantom++;
          else if ((state & STATE.counted) !== 0) sums.again++;
          else {
            page[place] = state | STATE.counted;
            sums.counted++;
          }
        }
      }
    }
  }
  return sums;
}

function lowestBit(byte: number): number {
  return 31 - Math.clz32(byte & -byte);
}

/** Undefined when the text is no like. */
export function likeIn(text: string): Like | undefined {
  try {
    return decodeLike(text);
  } catch (error) {
    if (!(error instanceof NotALikeError)) throw error;
    return undefined;
  }
}

export interface ParkedSums {
  decodable: number;
  /** Likes that are parked and not counted. */
  only: number;
  phantom: number;
}

/** After the marks. */
export function readParked(texts: readonly string[], names: Names, states: LikeStates): ParkedSums {
  const sums = { decodable: 0, only: 0, phantom: 0 };
  for (const text of texts) {
    const like = likeIn(text);
    if (like === undefined) continue;
    if (isStorable(like)) sums.decodable++;
    const source = names.numberOf(like.source);
    if (!states.isAttempted(source, like.seq)) sums.phantom++;
    else if (!states.mark(source, like.seq, STATE.parked)) {
      if (!states.has(source, like.seq, STATE.counted)) sums.only++;
    }
  }
  return sums;
}

/** Half of a surrogate pair cannot be stored by anybody, so such a like is parked rightly. */
function isStorable({ post, source }: Like): boolean {
  return post.isWellFormed() && source.isWellFormed();
}

/**
 * Adds up the counts of all shards, and counts the posts that stand in a shard which does not own
 * them; undefined when no shard can tell.
 */
export async function addStoredCounts(
  stored: StoredCounts,
  names: Names,
  posts: PostSums,
): Promise<{ misplaced: number | undefined }> {
  let misplaced: number | undefined;
  for (const shard of stored.shards) {
    const owns = await shard.ownership?.();
    if (owns !== undefined) misplaced ??= 0;
    for await (const { post, likes, unlikes } of shard.counts()) {
      posts.addStored(names.numberOf(post), likes, unlikes);
      if (owns !== undefined && !owns(post)) misplaced!++;
    }
  }
  return { misplaced };
}
