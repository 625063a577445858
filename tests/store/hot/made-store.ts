/** For what stands before a store: it counts each like once, and can be told to fail. */
import { type Like, RefusedLikesError } from '../../../likes/like.ts';
import type { AppliesLikes, Batch } from '../../../store/hot/apply-parts.ts';

/** Likes of this post can never be stored. */
export const REFUSED_POST = 'refused';

export class MadeStore implements AppliesLikes {
  readonly counts = new Map<string, number>();
  /** The posts of each call, in the order of the calls. */
  readonly calls: string[][] = [];
  isAway = false;
  /** Calls wait for it. */
  gate: Promise<void> | undefined;
  underWayMost = 0;
  readonly #seen = new Set<string>();
  readonly #shards: number;
  #underWay = 0;

  constructor(shards = 2) {
    this.#shards = shards;
  }

  async apply(...[likes, committed, , , begins]: Batch): Promise<void> {
    this.calls.push(likes.map(({ post }) => post));
    this.underWayMost = Math.max(this.underWayMost, ++this.#underWay);
    await this.gate;
    await Promise.resolve();
    this.#underWay--;
    if (this.isAway) throw new Error('the store is away');
    const places = likes.map((_, place) => place);
    const refused = places.filter((place) => likes[place]!.post === REFUSED_POST);
    for (let shard = 0; shard < this.#shards; shard++) {
      const own = places.filter(
        (place) => !refused.includes(place) && likes[place]!.post.length % this.#shards === shard,
      );
      if (own.length > 0) begins?.(own);
      const fresh = own.filter((place) => this.#count(likes[place]!));
      const seen = own.filter((place) => !fresh.includes(place));
      if (own.length > 0) committed?.({ shard, fresh, seen });
    }
    if (refused.length === 0) return;
    throw new RefusedLikesError(refused.map((index) => ({ index, reason: 'never' })));
  }

  #count({ source, seq, post }: Like): boolean {
    const id = `${source} ${seq}`;
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    this.counts.set(post, (this.counts.get(post) ?? 0) + 1);
    return true;
  }
}

/** What one batch was told: its places that count now, those seen before, and how it ended. */
export interface Told {
  readonly fresh: number[];
  readonly seen: number[];
  refused?: number[];
  outage?: string;
}

export async function tellingOf(store: AppliesLikes, likes: readonly Like[]): Promise<Told> {
  const told: Told = { fresh: [], seen: [] };
  const stored = store.apply(likes, ({ fresh, seen }) => {
    told.fresh.push(...fresh);
    told.seen.push(...seen);
  });
  await stored.catch((error: unknown) => {
    if (error instanceof RefusedLikesError) told.refused = error.refusals.map(({ index }) => index);
    else told.outage = (error as Error).message;
  });
  told.fresh.sort((a, b) => a - b);
  told.seen.sort((a, b) => a - b);
  return told;
}

/** Likes of these posts, with seqs from `from` on. */
export function likesOn(posts: readonly string[], from = 0): Like[] {
  return posts.map((post, index) => ({
    source: 'a',
    seq: from + index,
    post,
    user: 'u',
    action: 'like',
    version: 1,
    likedAtMs: 0,
  }));
}
