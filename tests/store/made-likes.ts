/** Likes for the store's tests: a like is fixed by its source and seq, as in life. */
import type { Like } from '../../likes/like.ts';
import type { CountStore, MarkBlock, PostCount, ShardView } from '../../store/count-store.ts';

const POSTS = 37;

/** Every process that makes the like of this source and seq makes the same one. */
export function madeLike(source: string, seq: number, fields: Partial<Like> = {}): Like {
  return {
    source,
    seq,
    post: `post-${(seq * 31 + source.length) % POSTS}`,
    user: `user-${seq % 11}`,
    action: seq % 5 === 3 ? 'unlike' : 'like',
    version: 1,
    likedAtMs: 1_500_000_000_000 + seq,
    ...fields,
  };
}

export function madeLikes(source: string, count: number): Like[] {
  return Array.from({ length: count }, (_, seq) => madeLike(source, seq));
}

/** The naive model: a set of ids that remembers all, and a count that believes it. */
export function modelCounts(delivered: Iterable<Like>): PostCount[] {
  const ids = new Set<string>();
  const counts = new Map<string, { post: string; likes: number; unlikes: number }>();
  for (const like of delivered) {
    const id = JSON.stringify([like.source, like.seq]);
    if (ids.has(id)) continue;
    ids.add(id);
    const count = counts.get(like.post) ?? { post: like.post, likes: 0, unlikes: 0 };
    if (like.action === 'like') count.likes++;
    else count.unlikes++;
    counts.set(like.post, count);
  }
  return byPost(counts.values());
}

/** All counts of all shards, in the order of their posts. */
export async function allCounts(store: CountStore): Promise<PostCount[]> {
  return byPost(await rowsOf(store, (shard) => shard.counts()));
}

/** What all shards have, shard by shard. */
export async function rowsOf<Row>(
  store: CountStore,
  readRows: (shard: ShardView) => AsyncIterable<Row>,
): Promise<Row[]> {
  const rows = store.shards.map((shard) => Array.fromAsync(readRows(shard)));
  return (await Promise.all(rows)).flat();
}

/** Every seq that is marked in the blocks, read bit by bit, in rising order. */
export function seqsOf(blocks: readonly MarkBlock[]): number[] {
  const seqs: number[] = [];
  for (const { block, bits } of blocks) {
    for (let bit = 0; bit < 4_096; bit++) {
      if ((bits[Math.floor(bit / 8)]! >> (bit % 8)) & 1) seqs.push(block * 4_096 + bit);
    }
  }
  return seqs.sort((one, other) => one - other);
}

/** A seeded generator of numbers from 0 (inclusive) to 1 (Park and Miller's minimal standard). */
export function randomFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}

function byPost(counts: Iterable<PostCount>): PostCount[] {
  return [...counts].sort((one, other) => (one.post < other.post ? -1 : 1));
}
