/** Reshards a store while writers count into it, and checks every count after each move. */
import { setTimeout as wait } from 'node:timers/promises';
import type { CountStore, PostCount } from '../../store/count-store.ts';
import { type MoveWish, planMove, startMove } from '../../store/move/index.ts';
import { openStore, type StoreOptions } from '../../store/open-store.ts';
import { WriterLikes } from './writer-likes.ts';
import { countsOfLikes, Writers } from './writers.ts';

export interface ReshardingOptions {
  /** A store that is not there yet. */
  readonly store: StoreOptions;
  /** In their order. */
  readonly wishes: readonly MoveWish[];
  /** Counted before the first move, so that there is something to move. */
  readonly likesBefore: number;
  readonly likesPerS: number;
  readonly writers: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

/** One move under load. Times in ms. */
export interface ReshardingResult {
  readonly title: string;
  readonly slots: number;
  /** Posts that moved, and those that the store had. */
  readonly posts: number;
  readonly postsOfAll: number;
  readonly blocks: number;
  readonly bytes: number;
  readonly forecastMs: number;
  readonly tookMs: number;
  /** From the first fence until all shards had the new map, as the mover saw it. */
  readonly pauseMs: number;
  /** The slowest batch of a writer that met the pause, from its first try until it was stored. */
  readonly writerPauseMs: number;
  /** The slowest batch that did not. */
  readonly slowestBatchMs: number;
  /** Distinct likes a second that the writers made; each was delivered twice. */
  readonly likesPerS: number;
  readonly likes: number;
  /** Posts whose count is not what was counted, to the last like. */
  readonly wrongPosts: number;
  /** What the store finds wrong with itself. */
  readonly problems: readonly string[];
}

/** Writers count for so long before and after a move: longer than a like takes to come again. */
const BESIDE_MS = 2_000;
const BATCH_LIKES = 1_000;
const BEFORE_WRITER = 1_000;

/** The load is real and so are the processes; on one machine shards share cores and disk. */
export async function measureResharding(options: ReshardingOptions): Promise<ReshardingResult[]> {
  const { store, likesBefore, seed, log } = options;
  const expected = new Map<string, PostCount>();
  log(`counting ${likesBefore} likes before the first move`);
  await fill(store, likesBefore, seed, expected);
  const results: ReshardingResult[] = [];
  for (const [round, wish] of options.wishes.entries()) {
    results.push(await measureMove(options, wish, `round-${round}`, expected));
    log(results.at(-1)!.title);
  }
  return results;
}

async function measureMove(
  { store, writers, likesPerS, seed }: ReshardingOptions,
  wish: MoveWish,
  round: string,
  expected: Map<string, PostCount>,
): Promise<ReshardingResult> {
  const postsOfAll = expected.size;
  await using counting = await Writers.start({
    store: withoutShards(store),
    writers,
    likesPerS,
    seed,
    round,
  });
  await wait(BESIDE_MS);
  const plan = await planMove(store, wish);
  const fence = { fromMs: Number.NaN, toMs: Number.NaN };
  const nowMs = () => performance.timeOrigin + performance.now();
  const report = await startMove(withoutShards(store), wish, (step) => {
    if (step === 'fencing') fence.fromMs = nowMs();
    if (step === 'adopted' && Number.isNaN(fence.toMs)) fence.toMs = nowMs();
  });
  await wait(BESIDE_MS);
  const { made, ratePerS, slow, expected: added } = await counting.stop();
  for (const count of added.values()) add(expected, count);
  await using opened = await openStore(withoutShards(store));
  const met = slow.filter(
    ({ fromMs, tookMs }) => fromMs <= fence.toMs && fromMs + tookMs >= fence.fromMs,
  );
  const longest = (batches: typeof slow) =>
    batches.reduce((most, { tookMs }) => Math.max(most, tookMs), 0);
  return {
    title: report.title,
    slots: plan?.slots ?? 0,
    posts: report.moved.posts,
    postsOfAll,
    blocks: report.blocksCopied,
    bytes: report.bytesCopied,
    forecastMs: plan?.tookMs ?? 0,
    tookMs: report.tookMs,
    pauseMs: report.pauseMs ?? 0,
    writerPauseMs: longest(met),
    slowestBatchMs: longest(slow.filter((batch) => !met.includes(batch))),
    likesPerS: ratePerS,
    likes: made,
    wrongPosts: await countWrong(opened, expected),
    problems: await opened.findProblems(),
  };
}

async function fill(
  options: StoreOptions,
  likes: number,
  seed: number,
  expected: Map<string, PostCount>,
): Promise<void> {
  await using store = await openStore(options);
  const before = new WriterLikes('before', seed, BEFORE_WRITER);
  for (let made = 0; made < likes; made += BATCH_LIKES) {
    const batch = before.next(Math.min(BATCH_LIKES, likes - made));
    await store.apply(batch);
    for (const count of countsOfLikes(batch).values()) add(expected, count);
  }
}

/** An existing store keeps its own number of shards, and that changes here. */
function withoutShards(store: StoreOptions): StoreOptions {
  const { shards: _shards, ...rest } = store as StoreOptions & { readonly shards?: number };
  return rest as StoreOptions;
}

/** How many posts have another count than expected; posts that nobody liked included. */
export async function countWrong(
  store: CountStore,
  expected: ReadonlyMap<string, PostCount>,
): Promise<number> {
  const found = new Map<string, PostCount>();
  for (const shard of store.shards) {
    for await (const count of shard.counts()) add(found, count);
  }
  const posts = new Set([...found.keys(), ...expected.keys()]);
  const read = new Map((await store.countsOf([...posts])).map((count) => [count.post, count]));
  return [...posts].filter((post) => {
    const wanted = expected.get(post);
    return [found.get(post), read.get(post)].some(
      (count) => count?.likes !== wanted?.likes || count?.unlikes !== wanted?.unlikes,
    );
  }).length;
}

export function add(counts: Map<string, PostCount>, { post, likes, unlikes }: PostCount): void {
  const before = counts.get(post) ?? { likes: 0, unlikes: 0 };
  counts.set(post, { post, likes: before.likes + likes, unlikes: before.unlikes + unlikes });
}
