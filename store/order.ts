/** The one order of posts by count, so that engines and the merge over shards agree. Pure. */
import type { PostCount } from './count-store.ts';

/** Larger counts first; ties by the UTF-8 bytes of the post, as SQLite's own comparison does. */
function byCount(left: PostCount, right: PostCount): number {
  const difference = right.likes - right.unlikes - (left.likes - left.unlikes);
  if (difference !== 0) return difference;
  return Buffer.compare(Buffer.from(left.post), Buffer.from(right.post));
}

/** The first `limit` of `counts` by `byCount`. */
export function topOf(counts: Iterable<PostCount>, limit: number): PostCount[] {
  return [...counts].sort(byCount).slice(0, limit);
}
