/**
 * A small trial without a server: real files of records and a real SQLite store, written the way
 * producers and consumers write them. Clean, unless a test plants a fault on the way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckInput, type CheckOutput, check } from '../../lab/checker.ts';
import { type Judgement, judge } from '../../lab/ledger.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { Like, SendOutcome } from '../../likes/like.ts';
import type { CountStore } from '../../store/count-store.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLike, modelCounts } from '../store/made-likes.ts';
import { tamper } from '../store/store-folder.ts';
import { cleanLedger } from './made-result.ts';

export const SOURCE = 'gateway-1';
export const LIKES = 400;
export const LIKES_PER_BATCH = 20;
const POSTS = 7;
const SHARDS = 3;
const CONSUMERS = 2;
const STEP_US = 10;

/** The ledger of a trial in which nothing went wrong. */
export const CLEAN = cleanLedger({ attempted: LIKES, ok: LIKES, counted: LIKES });

/** Where a fault can be planted; each leaves things as they are unless it is given. */
export interface Plants {
  /** Batches to send; the likes of the trial unless told. */
  readonly send?: (batches: Like[][]) => Like[][];
  readonly outcome?: (like: Like) => SendOutcome;
  /** What the queue hands on, batch by batch. */
  readonly deliver?: (batches: Like[][]) => Like[][];
  /** What a consumer gives to the store of a batch that it was handed. */
  readonly store?: (batch: Like[]) => Like[];
  /** What a consumer records as counted after a commit. */
  readonly recordFresh?: (fresh: Like[]) => Like[];
}

export interface SmallTrial extends AsyncDisposable {
  readonly folder: string;
  readonly store: CountStore;
  readonly likes: readonly Like[];
  /** The complete evidence; a test changes what it wants to be different. */
  readonly input: CheckInput & Record<'producerRecords' | 'consumerRecords', readonly string[]>;
  /** Runs statements on the file of the shard that owns a post. */
  tamperWith(post: string, statements: string): Promise<void>;
  /** Checks and judges, with order promised unless told. */
  judged(
    changed?: Partial<CheckInput> & { promised?: { order: boolean } },
  ): Promise<CheckOutput & Judgement>;
}

export function smallLike(seq: number, fields: Partial<Like> = {}): Like {
  return madeLike(SOURCE, seq, { post: `post-${seq % POSTS}`, ...fields });
}

export async function runSmallTrial(plants: Plants = {}): Promise<SmallTrial> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-trial-'));
  const storeFolder = join(folder, 'store');
  const store = await openStore({ folder: storeFolder, shards: SHARDS });
  const likes = Array.from({ length: LIKES }, (_, seq) => smallLike(seq));
  const clock = { us: 0 };
  const batches = (plants.send ?? same)(chunksOf(likes, LIKES_PER_BATCH));
  const producerRecords = [writeSends(join(folder, 'producer.records'), batches, plants, clock)];
  const delivered = (plants.deliver ?? same)(batches);
  const consumerRecords = await writeDeliveries(folder, delivered, plants, store, clock);
  const input: SmallTrial['input'] = {
    producerRecords,
    consumerRecords,
    stored: store,
    parked: [],
    drained: true,
    sums: { attempted: new Set(batches.flat().map(({ seq }) => seq)).size },
    expected: new Map(modelCounts(likes).map((count) => [count.post, count])),
  };
  return {
    folder,
    store,
    likes,
    input,
    async tamperWith(post, statements) {
      tamper(storeFolder, await shardOf(store, post), statements);
    },
    async judged({ promised = { order: true }, ...changed } = {}) {
      const checked = await check({ ...input, ...changed });
      const obstacles = checked.truncations.map(({ path }) => `${path} is cut off`);
      return { ...checked, ...judge(checked.ledger, { ...promised, survival: true }, obstacles) };
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The shard that has counts of a post. */
export async function shardOf(store: CountStore, post: string): Promise<number> {
  for (const [place, shard] of store.shards.entries()) {
    for await (const count of shard.counts()) if (count.post === post) return place;
  }
  return -1;
}

/** An empty folder for one test, removed when it ends. */
export function recordsFolder(): Disposable & { path(name: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'lab-records-'));
  return {
    path: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function same<T>(value: T): T {
  return value;
}

function chunksOf(likes: readonly Like[], size: number): Like[][] {
  return Array.from({ length: Math.ceil(likes.length / size) }, (_, index) =>
    likes.slice(index * size, (index + 1) * size),
  );
}

function writeSends(path: string, batches: Like[][], plants: Plants, clock: { us: number }) {
  using records = new RecordWriter(path);
  for (const batch of batches) {
    clock.us += STEP_US;
    records.attempted(clock.us, batch);
    for (const outcome of ['ok', 'fail', 'unknown'] as const) {
      const ended = batch.filter((like) => (plants.outcome?.(like) ?? 'ok') === outcome);
      records.outcome(clock.us + 1, ended, outcome);
    }
  }
  return path;
}

/** The batches go to the consumers in turn, so that only the merged files tell their order. */
async function writeDeliveries(
  folder: string,
  batches: Like[][],
  plants: Plants,
  store: CountStore,
  clock: { us: number },
): Promise<string[]> {
  const paths = Array.from({ length: CONSUMERS }, (_, index) =>
    join(folder, `consumer-${index}.records`),
  );
  const writers = paths.map((path) => new RecordWriter(path));
  for (const [index, batch] of batches.entries()) {
    const records = writers[index % CONSUMERS]!;
    clock.us += STEP_US;
    records.delivered(clock.us, batch);
    const given = (plants.store ?? same)(batch);
    await store.apply(given, ({ fresh, seen }) => {
      const [counted, known] = [fresh, seen].map((places) => places.map((at) => given[at]!));
      records.stored(clock.us + 1, (plants.recordFresh ?? same)(counted!), known!);
    });
  }
  for (const writer of writers) writer[Symbol.dispose]();
  return paths;
}
