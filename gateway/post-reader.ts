/** What the gateway tells of counts: how much, how old, and what may be missing. */
import type { CountStore, PostCount } from '../store/count-store.ts';
import { within } from './circuit.ts';
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
  readonly store: Pick<CountStore, 'countOf' | 'topPosts'>;
  /** Likes that the queue's server has and that are not acknowledged by a counter. */
  readonly backlog: () => Promise<number>;
}

/** The server is asked about its queue once for all who read within this time. */
const BACKLOG_KEPT_MS = 500;
/** A server that does not say so in this time does not know. */
const BACKLOG_MS_MAX = 500;

interface Seen {
  readonly atMs: number;
  readonly missing: number | null;
}

/**
 * The server is asked first, the store after it: a like that was accepted before and is not among
 * those left is in the store by then.
 */
export function storeReader({ store, backlog }: StoreReaderOptions): PostReader {
  let newest: Promise<Seen> | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  /** A server that hangs is not asked again before it has answered. */
  let asking: { readonly answer: Promise<number>; readonly atMs: number } | undefined;

  async function look(): Promise<Seen> {
    const answer = asking?.answer ?? backlog().finally(() => (asking = undefined));
    asking ??= { answer, atMs: lookedMs };
    // Of what was accepted since it was asked, the answer may say nothing.
    const { atMs } = asking;
    const missing = await within(BACKLOG_MS_MAX, () => answer).catch(() => null);
    return { atMs, missing };
  }

  function seen(): Promise<Seen> {
    const nowMs = performance.now();
    if (newest === undefined || nowMs - lookedMs >= BACKLOG_KEPT_MS) {
      lookedMs = nowMs;
      newest = look();
    }
    return newest;
  }

  const told = ({ atMs, missing }: Seen): Freshness => {
    return { ageMs: performance.now() - atMs, missingAtMost: missing };
  };
  return {
    async countOf(post) {
      const before = await seen();
      return { ...(await store.countOf(post)), ...told(before) };
    },
    async topPosts(limit) {
      const before = await seen();
      return { posts: await store.topPosts(limit), ...told(before) };
    },
  };
}
