/** Reads counts over shards, also while posts move from one to another. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Like } from '../likes/like.ts';
import type { PostCount, Shard } from './count-store.ts';
import { topOf } from './order.ts';
import {
  type ShardSet,
  SLOT_MAP_LOOK_MS,
  SLOT_MAP_LOOKS_MAX,
  slotMapUnsettled,
} from './shard-set.ts';
import { type SlotMap, shardOfLike, shardsOfPost, splitPosts } from './slot-map.ts';

interface RoutedRead<Result> {
  readonly result: Result;
  /** False when a shard was at another version than the map by which it was asked. */
  readonly isCurrent: boolean;
}

/**
 * The counts of those posts that were counted, slices summed, each once.
 * Rejects with StoreUnavailableError when a move of slices was begun and does not end.
 */
export async function readCounts(
  set: ShardSet,
  posts: readonly string[],
): Promise<Map<string, PostCount>> {
  return await readSettled(
    set,
    (map, shards) => readOnce(map, shards, posts),
    (map) => posts.some((post) => shardsOfPost(map, post).length > 1),
  );
}

/** The posts with the largest counts, ties in the order of their ids. */
export async function readTopPosts(set: ShardSet, limit: number): Promise<PostCount[]> {
  return await readSettled(
    set,
    async (map, shards) => {
      // A slice of a split post may be small everywhere, so such posts are read by name.
      const slices = await readOnce(map, shards, splitPosts(map));
      const tops = await Promise.all(shards.map((shard) => topOfShard(map, shard, limit)));
      const held = await Promise.all(shards.map((shard) => shard.slotMapVersion()));
      return {
        result: topOf([...tops.flat(), ...slices.result.values()], limit),
        isCurrent: slices.isCurrent && held.every((version) => version === map.version),
      };
    },
    (map) => splitPosts(map).length > 0,
  );
}

/** Under *states* only: what the user did last on the post; undefined when nothing is known. */
export async function readAction(
  set: ShardSet,
  user: string,
  post: string,
): Promise<Like['action'] | undefined> {
  return await readSettled(
    set,
    async (map, shards) => {
      const shard = shards[shardOfLike(map, { post, user })]!;
      const result = await shard.actionOf!(user, post);
      return { result, isCurrent: (await shard.slotMapVersion()) === map.version };
    },
    // A user stands in one slice, also of a post that is split.
    () => false,
  );
}

/**
 * Repeats a read until map and shards agree. While a move is under way and its map is not in force
 * yet, a post that has one shard is right in that shard; only slices can be seen twice.
 */
async function readSettled<Result>(
  set: ShardSet,
  read: (map: SlotMap, shards: readonly Shard[]) => Promise<RoutedRead<Result>>,
  readsSlices: (map: SlotMap) => boolean,
): Promise<Result> {
  for (let looks = 0; ; looks++) {
    const { map, shards } = set;
    const { result, isCurrent } = await read(map, shards);
    if (isCurrent) return result;
    const isInForce = (await set.refresh()).version === map.version;
    if (isInForce && !readsSlices(map)) return result;
    if (looks === SLOT_MAP_LOOKS_MAX) throw slotMapUnsettled('counts of split posts');
    if (isInForce) await wait(SLOT_MAP_LOOK_MS);
  }
}

async function readOnce(
  map: SlotMap,
  shards: readonly Shard[],
  posts: readonly string[],
): Promise<RoutedRead<Map<string, PostCount>>> {
  const touched = new Map<Shard, string[]>();
  // Asked for twice, a post must not be summed twice.
  for (const post of new Set(posts)) {
    for (const index of shardsOfPost(map, post)) {
      const shard = shards[index]!;
      const ofShard = touched.get(shard);
      if (ofShard === undefined) touched.set(shard, [post]);
      else ofShard.push(post);
    }
  }
  const answers = await Promise.all(
    [...touched].map(async ([shard, names]) => {
      const counts = await shard.countsOf(names);
      return { counts, held: await shard.slotMapVersion() };
    }),
  );
  return {
    result: summed(answers.flatMap(({ counts }) => counts)),
    isCurrent: answers.every(({ held }) => held === map.version),
  };
}

/** A shard may hold rows that are not its own: on their way to it, or not dropped yet. */
async function topOfShard(map: SlotMap, shard: Shard, limit: number): Promise<PostCount[]> {
  for (let asked = limit; ; asked *= 2) {
    const rows = await shard.topPosts(asked);
    const own = rows.filter(({ post }) => {
      const owners = shardsOfPost(map, post);
      return owners.length === 1 && owners[0] === shard.index;
    });
    if (own.length >= limit || rows.length < asked) return own.slice(0, limit);
  }
}

/** One count a post: those of its slices, added up. */
function summed(counts: readonly PostCount[]): Map<string, PostCount> {
  const sums = new Map<string, PostCount>();
  for (const count of counts) {
    const { post, likes, unlikes } = sums.get(count.post) ?? { ...count, likes: 0, unlikes: 0 };
    sums.set(post, { post, likes: likes + count.likes, unlikes: unlikes + count.unlikes });
  }
  return sums;
}
