/**
 * What is left of a move when the new map is in force: it can only go on from here.
 *
 * A shard that was drained owns nothing any more, but its marks are the proof of likes that are
 * counted, and the store's sums rest on them. So they become the own marks of shard 0, its heir,
 * and then a map without the shard comes into force. No mark is in two shards as its own, since a
 * like is counted once, so nothing can be taken over twice but by repeating a step; each leaves its
 * progress in the same transaction.
 */
import type { PostCount } from '../count-store.ts';
import type { SlotMap } from '../slot-map.ts';
import { shardsOfWay, stretchAfter } from './copy-posts.ts';
import { StoreMoveError } from './move-error.ts';
import type { MoveRecord } from './move-record.ts';
import type { MoveTally } from './move-tally.ts';
import { type MovingShard, NO_PROGRESS } from './moving-shard.ts';
import type { MovingStore } from './moving-store.ts';
import { shrunk } from './next-map.ts';
import type { MoveStep } from './steps.ts';
import {
  type Move,
  movingSlots,
  namedPosts,
  receiverByName,
  receiverBySlot,
  shardsOfMove,
  type Way,
  waysOf,
} from './transfers.ts';

/** Any shard that stays would do. */
const HEIR = 0;

/** @throws StoreMoveError MOVE_SUMS_DIFFER, before anything is dropped */
export async function* finishMove(
  store: MovingStore,
  record: MoveRecord,
  tally: MoveTally,
): AsyncGenerator<MoveStep> {
  let { stage } = record;
  const enter = async (next: typeof stage) => {
    stage = next;
    await store.write({ slotMap: record.to, move: { ...record, stage } });
  };
  if (stage === 'switched') {
    await adoptEverywhere(store, record.to);
    yield 'adopted';
    for (const way of waysOf(record)) await verify(store, way, record, tally);
    yield 'verified';
    await enter('dropping');
    yield 'dropping';
  }
  if (stage === 'dropping') {
    for (const way of waysOf(record)) yield* dropMoved(store, way, record);
    if (record.shardsAfter < record.to.shards) {
      await enter('inheriting');
      yield 'inheriting';
    }
  }
  if (stage === 'inheriting') yield* inheritAll(store, record);
  if (stage === 'inheriting' || stage === 'removing') yield* removeShards(store, record);
  yield* endEverywhere(store, record.shardsAfter);
  const { slotMap } = await store.state();
  await store.write({ slotMap });
  yield 'finished';
}

export async function* endEverywhere(store: MovingStore, shards: number): AsyncGenerator<MoveStep> {
  for (let index = 0; index < shards; index++) {
    await (await store.shard(index)).end();
    yield 'ended';
  }
}

/** All at once, since those who count wait for the last of them. */
export async function adoptEverywhere(store: MovingStore, map: SlotMap): Promise<void> {
  const adopt = async (index: number) => {
    const shard = await store.shard(index);
    if ((await shard.slotMapVersion()) !== map.version) await shard.adopt(map);
  };
  await Promise.all(Array.from({ length: map.shards }, (_, index) => adopt(index)));
}

/** The giver's rows do not change any more; the receiver's only grow. */
async function verify(store: MovingStore, way: Way, move: Move, tally: MoveTally): Promise<void> {
  const [giver, receiver] = await shardsOfWay(store, way);
  const given = { likes: 0, unlikes: 0 };
  for await (const moved of movedBySlot(store, giver, way, move)) {
    const held = new Map((await receiver.countsOf(postsOf(moved))).map((row) => [row.post, row]));
    for (const row of moved) {
      given.likes += row.likes;
      given.unlikes += row.unlikes;
      if (!isWithin(row, held.get(row.post))) throw sumsDiffer(way, row.post);
    }
    tally.moved.posts += moved.length;
  }
  const arrived = await receiver.arrived(way.giver);
  const [likes, unlikes] = [arrived?.likes ?? 0, arrived?.unlikes ?? 0];
  if (likes !== given.likes || unlikes !== given.unlikes) throw sumsDiffer(way);
  const named = await namedOf(giver, way, move);
  const taken = new Map((await receiver.arrivedNamed(way.giver)).map((row) => [row.post, row]));
  for (const row of named) {
    const found = taken.get(row.post);
    if (found?.likes !== row.likes || found.unlikes !== row.unlikes)
      throw sumsDiffer(way, row.post);
  }
  tally.moved.posts += named.length;
  for (const row of [given, ...named]) {
    tally.moved.likes += row.likes;
    tally.moved.unlikes += row.unlikes;
  }
}

async function* dropMoved(store: MovingStore, way: Way, move: Move): AsyncGenerator<MoveStep> {
  const [giver] = await shardsOfWay(store, way);
  for await (const moved of movedBySlot(store, giver, way, move)) {
    await giver.drop(postsOf(moved));
    yield 'dropped';
  }
  const named = await namedOf(giver, way, move);
  if (named.length > 0) {
    await giver.drop(postsOf(named));
    yield 'dropped';
  }
}

/** The giver's counts of posts that went this way with their slots, in parts. */
async function* movedBySlot(
  store: MovingStore,
  giver: MovingShard,
  { receiver }: Way,
  move: Move,
): AsyncGenerator<PostCount[]> {
  if (movingSlots(move).length === 0) return;
  let next: string | undefined;
  do {
    const page = await giver.counts(next, store.pageSizes.counts);
    const moved = page.rows.filter(
      ({ post }) => receiverBySlot(move, giver.index, post) === receiver,
    );
    if (moved.length > 0) yield moved;
    next = page.next;
  } while (next !== undefined);
}

async function namedOf(giver: MovingShard, way: Way, move: Move): Promise<PostCount[]> {
  const posts = namedPosts(move).filter(
    (post) => receiverByName(move, giver.index, post) === way.receiver,
  );
  return posts.length === 0 ? [] : await giver.countsOf(posts);
}

async function* inheritAll(store: MovingStore, move: Move): AsyncGenerator<MoveStep> {
  const heir = await store.shard(HEIR);
  for (let index = move.shardsAfter; index < move.to.shards; index++) {
    const leaving = await store.shard(index);
    for (;;) {
      const progress = (await heir.arrived(index))?.progress ?? NO_PROGRESS;
      if (progress.inherited.isDone) break;
      const page = await leaving.ownMarks(progress.inherited.next, store.pageSizes.blocks);
      await heir.inherit(index, page.rows, { ...progress, inherited: stretchAfter(page) });
      yield 'inherited';
    }
    await heir.takeOver(index, await leaving.estate());
    yield 'taken over';
  }
}

async function* removeShards(store: MovingStore, record: MoveRecord): AsyncGenerator<MoveStep> {
  const { to, shardsAfter } = record;
  const slotMap = shrunk(to, shardsAfter);
  await store.write({ slotMap, move: { ...record, stage: 'removing' } });
  yield 'shrunk';
  await adoptEverywhere(store, slotMap);
  for (const index of shardsOfMove(record).slice(shardsAfter)) {
    await store.removeShard(index);
    yield 'shard removed';
  }
}

function isWithin(row: PostCount, held: PostCount | undefined): boolean {
  return held !== undefined && held.likes >= row.likes && held.unlikes >= row.unlikes;
}

function postsOf(rows: readonly PostCount[]): string[] {
  return rows.map(({ post }) => post);
}

function sumsDiffer({ giver, receiver }: Way, post?: string): StoreMoveError {
  const what = post === undefined ? 'the sums' : `the counts of post ${JSON.stringify(post)}`;
  return new StoreMoveError(
    'MOVE_SUMS_DIFFER',
    `${what} that shard ${giver} gave are not what shard ${receiver} has; nothing was dropped: ` +
      'look for what else writes to these shards, or count again into another store',
  );
}
