/** What a move would take, looked up and measured, without changing anything in the store. */
import { BLOCK_BYTES } from '../marks.ts';
import { COUNT_BYTES } from './move-tally.ts';
import { type Arrival, type MovingShard, NO_PROGRESS } from './moving-shard.ts';
import type { MovingStore } from './moving-store.ts';
import {
  type Move,
  movingSlots,
  namedPosts,
  receiverByName,
  receiverBySlot,
  type Way,
  waysOf,
} from './transfers.ts';

/** Pages that are written beside the store to see how fast that goes; their median counts. */
const SAMPLES = 5;
/** Changes of the map at each shard, and the notes before and after. */
const STEPS_PER_SHARD = 3;
/** Writes of the store's description. */
const STEPS_PER_MOVE = 5;
/** Copied, verified, dropped. */
const SCANS = 3;

export interface WayForecast extends Way {
  readonly posts: number;
  /** Blocks of 4,096 marks; those that the receiver knows already are sent all the same. */
  readonly blocks: number;
}

export interface MoveForecast {
  readonly slots: number;
  /** That move, and that the givers look through for them. */
  readonly posts: number;
  readonly postsScanned: number;
  readonly blocks: number;
  /** Of ids, counts and marks, without what the engine adds. */
  readonly bytes: number;
  readonly ways: readonly WayForecast[];
  readonly rates: MoveRates;
  /** At the rates measured now, ms. Likes that are counted meanwhile come on top. */
  readonly tookMs: number;
}

/** Measured on pages of this store, written to an empty shard beside it. */
export interface MoveRates {
  readonly readMsPerPost: number;
  readonly writeMsPerPost: number;
  readonly writeMsPerBlock: number;
  readonly msPerTransaction: number;
}

export async function forecastMove(store: MovingStore, move: Move): Promise<MoveForecast> {
  const ways: WayForecast[] = [];
  const sums = { posts: 0, postsScanned: 0, blocks: 0, bytes: 0 };
  for (const way of waysOf(move)) {
    // The receiver may not be there yet.
    const giver = await store.shard(way.giver);
    const moved = await countMoved(store, giver, way, move);
    const blocks = await giver.blockCount();
    ways.push({ ...way, posts: moved.posts, blocks });
    sums.posts += moved.posts;
    sums.postsScanned += moved.postsScanned;
    sums.blocks += blocks;
    sums.bytes += moved.bytes + blocks * BLOCK_BYTES;
  }
  const rates = await measureRates(store, move);
  const tookMs = forecastMs(store, move, sums, rates);
  return { slots: movingSlots(move).length, ...sums, ways, rates, tookMs };
}

function forecastMs(
  { pageSizes }: MovingStore,
  move: Move,
  { posts, postsScanned, blocks }: Pick<MoveForecast, 'posts' | 'postsScanned' | 'blocks'>,
  rates: MoveRates,
): number {
  const ways = waysOf(move).length;
  const pages = postsScanned / pageSizes.counts + blocks / pageSizes.blocks;
  const shards = Math.max(move.from.shards, move.to.shards);
  const transactions = 2 * pages + 2 * ways + STEPS_PER_SHARD * shards + STEPS_PER_MOVE;
  return (
    transactions * rates.msPerTransaction +
    SCANS * postsScanned * rates.readMsPerPost +
    2 * posts * rates.writeMsPerPost +
    blocks * rates.writeMsPerBlock
  );
}

async function countMoved(store: MovingStore, giver: MovingShard, way: Way, move: Move) {
  const moved = { posts: 0, postsScanned: 0, bytes: 0 };
  const add = (post: string) => {
    moved.posts++;
    moved.bytes += Buffer.byteLength(post) + COUNT_BYTES;
  };
  let next: string | undefined;
  do {
    if (movingSlots(move).length === 0) break;
    const page = await giver.counts(next, store.pageSizes.counts);
    moved.postsScanned += page.rows.length;
    for (const { post } of page.rows) {
      if (receiverBySlot(move, giver.index, post) === way.receiver) add(post);
    }
    next = page.next;
  } while (next !== undefined);
  const named = namedPosts(move).filter(
    (post) => receiverByName(move, giver.index, post) === way.receiver,
  );
  for (const { post } of await giver.countsOf(named)) add(post);
  return moved;
}

async function measureRates(store: MovingStore, { from }: Move): Promise<MoveRates> {
  const giver = await store.shard(0);
  const { counts: countsPerPage, blocks: blocksPerPage } = store.pageSizes;
  const readAtMs = performance.now();
  const counts = (await giver.counts(undefined, countsPerPage)).rows;
  const readMs = performance.now() - readAtMs;
  const marks = (await giver.marks(undefined, blocksPerPage)).rows;
  const nothing: Arrival = {
    giver: 0,
    counts: [],
    marks: [],
    endedSources: [],
    progress: NO_PROGRESS,
  };
  const times = { nothing: [] as number[], counts: [] as number[], marks: [] as number[] };
  for (let sample = 0; sample < SAMPLES; sample++) {
    // An empty one each time: rows that are there already are written faster.
    await using beside = await store.openSample(from);
    await beside.begin(false);
    const timed = async (kind: keyof typeof times, arrival: Arrival) => {
      const atMs = performance.now();
      await beside.receive([arrival]);
      await store.pause();
      times[kind].push(performance.now() - atMs);
    };
    await timed('nothing', nothing);
    await timed('counts', { ...nothing, counts });
    await timed('marks', { ...nothing, marks });
  }
  const middle = (kind: keyof typeof times) =>
    times[kind].sort((one, other) => one - other)[Math.floor(SAMPLES / 2)]!;
  const each = (ms: number, rows: number) => Math.max(0, ms) / Math.max(1, rows);
  return {
    readMsPerPost: each(readMs, counts.length),
    writeMsPerPost: each(middle('counts') - middle('nothing'), counts.length),
    writeMsPerBlock: each(middle('marks') - middle('nothing'), marks.length),
    msPerTransaction: middle('nothing'),
  };
}
