/**
 * Moves posts from shards to shards while everybody goes on counting, each like once.
 *
 * Let V be the map that is in force and W the next version. A shard that gives posts away is a
 * giver, one that gets them a receiver. Every transaction that counts checks, under the lock under
 * which it writes, that the shard holds the version by which the likes were routed.
 *
 *   begin    the move is written down with the store; shards that W adds are made, holding V
 *   note     givers note from now on which counts and marks change; nobody can retire a source
 *   copy     the receiver gets the giver's marks, united into a set that it only reads, and the
 *            counts of moving posts, as rows that nobody reads there yet, since V names the giver
 *   catch up what was noted meanwhile, again and again, until it is little
 *   fence    each giver takes W: those who route by V are refused there, and nobody has W yet
 *   receive  each receiver gets the rest and takes W, in one transaction
 *   switch   the store's description names W, in one step: here, and only here, W comes into force
 *   adopt    all other shards take W
 *   verify   each moved count has arrived; drop: the givers delete them; their marks stay
 *
 * Why each like is counted once. Take a like of a moving post.
 * - Counted before the fence: its transaction held the giver's lock before the fence did, so its
 *   mark and its count are noted before the receiver's last part is read. Both arrive, by a row
 *   that replaces the row before: once. If it is delivered again, to the giver before the fence or
 *   to the receiver after the switch, either finds the mark: its own, or the united one.
 * - Refused at the fence: the giver has written nothing, and no receiver counts it before it is
 *   routed by W, which is read from the description, so after `switch`, so after `receive`.
 * - Never counted at both: counting at the giver ends with the fence, at the receiver it begins
 *   with the switch, which comes later.
 * - Not taken for another like: a mark is of one source and seq, and that is one like of one post.
 *   So it does no harm that the receiver gets the marks of posts that stay.
 * - Retired sources: none can be added while a move is noted in the shards, so the receiver knows
 *   all that the giver knew.
 * A post that goes by its name (isolated, split, taken back) may have counts at several givers, and
 * at a receiver that goes on with its own. Its counts are added in `receive`, beside a row that
 * says so: adding them again does nothing, and the way back takes them out again by that row.
 *
 * Reads are right all the while: until the switch the giver has the whole count (what is behind the
 * fence does not grow), after it the receiver has. Only who adds up the slices of a post could see
 * one that has arrived beside the one that it came from; it is told by the shards' versions, and
 * waits (sharded-store.ts).
 *
 * Killed between two steps, the description tells where it stood. Before `switch` nobody has routed
 * by W, so it can go on, or go back: shards that hold W take V again, rows that nobody reads are
 * deleted, shards that were added go. United marks may stay, since they are true. From `switch` on
 * likes are counted by W, so it can only go on; each step says what is to be, not what is to
 * change, or leaves a row in the same transaction that tells that it is done.
 *
 * Shards that are drained own nothing in W, and go by one map more (finish-move.ts).
 */
import { catchUp, changesFor, copyAll, progressOf, shardsOfWay } from './copy-posts.ts';
import { adoptEverywhere, finishMove } from './finish-move.ts';
import type { MoveRecord } from './move-record.ts';
import type { MoveTally } from './move-tally.ts';
import type { Arrival, NamedArrival, Progress } from './moving-shard.ts';
import type { MovingStore } from './moving-store.ts';
import type { MoveStep } from './steps.ts';
import {
  addedShards,
  type Move,
  namedPosts,
  receiverByName,
  shardsOfMove,
  type Way,
  waysOf,
} from './transfers.ts';

/** Runs a move from where it stands to its end. Whoever stops asking for steps leaves it there. */
export async function* runMove(
  store: MovingStore,
  record: MoveRecord,
  tally: MoveTally,
): AsyncGenerator<MoveStep> {
  if (record.stage === 'copying' || record.stage === 'fencing') {
    yield* prepare(store, record);
    yield* copyAll(store, record, tally);
    yield* catchUp(store, record, tally);
    yield* switchOver(store, record, tally);
    yield* finishMove(store, { ...record, stage: 'switched' }, tally);
  } else {
    yield* takeUp(store, record);
    yield* finishMove(store, record, tally);
  }
}

/** Tells the shards who goes on: by that an engine keeps a mover away that has lost its lock. */
async function* takeUp(store: MovingStore, record: MoveRecord): AsyncGenerator<MoveStep> {
  const shards = record.stage === 'removing' ? record.shardsAfter : record.to.shards;
  for (let index = 0; index < shards; index++) {
    await (await store.shard(index)).begin(false);
    yield 'noting';
  }
}

async function* prepare(store: MovingStore, move: Move): AsyncGenerator<MoveStep> {
  const { slotMap } = await store.state();
  for (const index of addedShards(move)) {
    await store.createShard(index, slotMap);
    yield 'shard made';
  }
  const givers = new Set(waysOf(move).map(({ giver }) => giver));
  for (const index of shardsOfMove(move)) {
    await (await store.shard(index)).begin(givers.has(index));
    yield 'noting';
  }
}

/** From the first fence on likes wait, so nothing is done here that can be done before. */
async function* switchOver(
  store: MovingStore,
  record: MoveRecord,
  tally: MoveTally,
): AsyncGenerator<MoveStep> {
  const { from, to } = record;
  const known = await progressOfWays(store, record);
  await store.write({ slotMap: from, move: { ...record, stage: 'fencing' } });
  yield 'fencing';
  const begunMs = performance.now();
  const givers = new Set(waysOf(record).map(({ giver }) => giver));
  const fence = async (index: number) => (await store.shard(index)).adopt(to);
  yield* inEach(store, givers, fence, 'fenced');
  const receivers = new Set(waysOf(record).map(({ receiver }) => receiver));
  const receive = (index: number) => receiveRest(store, index, record, known, tally);
  yield* inEach(store, receivers, receive, 'received');
  await store.write({ slotMap: to, move: { ...record, stage: 'switched' } });
  yield 'switched';
  await adoptEverywhere(store, to);
  tally.pauseMs = performance.now() - begunMs;
  yield 'adopted';
}

/** One shard after the other, or all at once where each waits for a server. */
async function* inEach(
  store: MovingStore,
  indexes: ReadonlySet<number>,
  work: (index: number) => Promise<void>,
  step: MoveStep,
): AsyncGenerator<MoveStep> {
  const all = store.isSideBySide ? Promise.all([...indexes].map(work)) : undefined;
  await all;
  for (const index of indexes) {
    if (all === undefined) await work(index);
    yield step;
  }
}

async function receiveRest(
  store: MovingStore,
  index: number,
  move: Move,
  known: readonly KnownWay[],
  tally: MoveTally,
): Promise<void> {
  const receiver = await store.shard(index);
  const ways = known.filter((way) => way.receiver === index);
  const rests = await Promise.all(ways.map((way) => restOf(store, way, move, tally)));
  await receiver.adopt(
    move.to,
    rests.map(({ arrival }) => arrival),
    rests.flatMap(({ named }) => named),
  );
}

interface KnownWay extends Way {
  /** How far the receiver has got. */
  readonly progress: Progress;
}

async function progressOfWays(store: MovingStore, move: Move): Promise<KnownWay[]> {
  const known: KnownWay[] = [];
  for (const way of waysOf(move)) {
    const [giver, receiver] = await shardsOfWay(store, way);
    known.push({ ...way, progress: await progressOf(receiver, giver) });
  }
  return known;
}

/** What a receiver does not have yet of a giver that is fenced. */
async function restOf(
  store: MovingStore,
  way: KnownWay,
  move: Move,
  tally: MoveTally,
): Promise<{ arrival: Arrival; named: NamedArrival[] }> {
  const [giver, receiver] = await shardsOfWay(store, way);
  const posts = namedPosts(move).filter(
    (post) => receiverByName(move, way.giver, post) === way.receiver,
  );
  const named =
    posts.length === 0 ? [] : [{ giver: way.giver, counts: await giver.countsOf(posts) }];
  for (let { progress } = way; ; ) {
    const { arrival, changes } = await changesFor(store, way, move, progress);
    tally.add(arrival);
    if (!changes.isPart) return { arrival, named };
    await receiver.receive([arrival]);
    progress = arrival.progress;
  }
}
