/** What may be done about a hot post, and who moves it. */

/**
 * Ways to cure a hot post. `isolate`: a shard of its own. `split`: slices by user on several
 * shards, summed on read. `coalesce`: consumers hold its likes for a bounded time and store them
 * together.
 */
export const CURES = ['isolate', 'split', 'coalesce'] as const;
export type Cure = (typeof CURES)[number];

/**
 * Moves a single post while likes of it are counted, with its marks, so that a like that is
 * delivered again after the move is still known. Resolves when the new place is in force and the
 * old one holds nothing of the post. Doing it again changes nothing.
 */
export interface PostMover {
  /** All of the post to one shard; a number one above the last makes a new one. */
  isolate(post: string, shard: number): Promise<void>;
  /** In slices by user to several shards, each at most once. */
  split(post: string, shards: readonly number[]): Promise<void>;
  /** Back to the shard of its slot. */
  takeBack(post: string): Promise<void>;
}
