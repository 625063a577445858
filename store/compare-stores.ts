/** Two stores, compared post by post. */
import type { CountStore } from './count-store.ts';

export interface Counted {
  readonly likes: number;
  readonly unlikes: number;
}

/** A post that the two stores do not agree on; zeros where one has never counted it. */
export interface CountDifference {
  readonly post: string;
  readonly was: Counted;
  readonly is: Counted;
}

export interface StoreComparison {
  /** Posts that at least one of them has counted. */
  readonly posts: number;
  /** The largest first, then in the order of the posts. */
  readonly differences: readonly CountDifference[];
}

const NONE: Counted = { likes: 0, unlikes: 0 };

/** All counts of both are held in memory meanwhile: some 200 bytes a post. */
export async function compareStores(was: CountStore, is: CountStore): Promise<StoreComparison> {
  return compareCounts(await countsOf(was), await countsOf(is));
}

/** Likes and unlikes apart: one lost of each would leave their difference as it was. */
export function compareCounts(
  was: ReadonlyMap<string, Counted>,
  is: ReadonlyMap<string, Counted>,
): StoreComparison {
  const posts = new Set([...was.keys(), ...is.keys()]);
  const differences: CountDifference[] = [];
  for (const post of posts) {
    const difference = { post, was: was.get(post) ?? NONE, is: is.get(post) ?? NONE };
    if (sizeOf(difference) > 0) differences.push(difference);
  }
  differences.sort((one, other) => sizeOf(other) - sizeOf(one) || (one.post < other.post ? -1 : 1));
  return { posts: posts.size, differences };
}

function sizeOf({ was, is }: CountDifference): number {
  return Math.abs(was.likes - is.likes) + Math.abs(was.unlikes - is.unlikes);
}

/** By post; the slices of a split one added up. */
async function countsOf(store: CountStore): Promise<Map<string, Counted>> {
  const counts = new Map<string, Counted>();
  for (const shard of store.shards) {
    for await (const { post, likes, unlikes } of shard.counts()) {
      const sum = counts.get(post) ?? NONE;
      counts.set(post, { likes: sum.likes + likes, unlikes: sum.unlikes + unlikes });
    }
  }
  return counts;
}
