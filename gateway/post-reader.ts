/** What the gateway tells of counts: how much, how old, and what may be missing. */
import type { CountReader } from '../store/count-reader.ts';
import type { CountStore, PostCount } from '../store/count-store.ts';
import type { DirectDatabase } from './direct-writer.ts';

/** When what a count tells was so. */
export interface Freshness {
  /** How long ago; whatever was accepted before and is not in it is among the missing. */
  readonly ageMs: number;
  /** Likes of all posts that were accepted by then and may not be counted; null: nobody knows. */
  readonly missingAtMost: number | null;
}

export interface PostReader {
  countOf(post: string): Promise<PostCount & Freshness>;
  topPosts(limit: number): Promise<Freshness & { readonly posts: readonly PostCount[] }>;
}

/** Every accepted like is in the counts: nothing stands between. */
export function directReader(database: DirectDatabase): PostReader {
  const since = (startedMs: number): Freshness => {
    return { ageMs: performance.now() - startedMs, missingAtMost: 0 };
  };
  return {
    async countOf(post) {
      const startedMs = performance.now();
      return { ...(await database.countOf(post)), ...since(startedMs) };
    },
    async topPosts(limit) {
      const startedMs = performance.now();
      return { posts: await database.topPosts(limit), ...since(startedMs) };
    },
  };
}

export interface StoreReaderOptions {
  readonly counts: Pick<CountReader, 'countsOf'>;
  readonly store: Pick<CountStore, 'topPosts'>;
}

/** Which posts are on top the store says now; their counts are served like all others. */
export function storeReader({ counts, store }: StoreReaderOptions): PostReader {
  return {
    async countOf(post) {
      const [found] = await counts.countsOf([post]);
      return { ...found!, missingAtMost: found!.missingAtMost ?? null };
    },
    async topPosts(limit) {
      const names = (await store.topPosts(limit)).map(({ post }) => post);
      const posts = await counts.countsOf(names);
      const missing = posts.map(({ missingAtMost }) => missingAtMost);
      const isTold = posts.length > 0 && !missing.includes(undefined);
      return {
        posts: posts.sort((one, other) => countOf(other) - countOf(one)),
        // The oldest and the least certain speak for all.
        ageMs: Math.max(0, ...posts.map(({ ageMs }) => ageMs)),
        missingAtMost: isTold ? Math.max(...(missing as number[])) : null,
      };
    },
  };
}

function countOf({ likes, unlikes }: PostCount): number {
  return likes - unlikes;
}
