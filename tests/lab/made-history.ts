/** Small histories of anything at all, and the evidence that each of them leaves. */
import fc from 'fast-check';
import type { CheckInput, StoredCounts } from '../../lab/checker.ts';
import type { RecordSource } from '../../lab/record-reader.ts';
import { encodeLike, type Like, type SendOutcome } from '../../likes/like.ts';
import { MemoryShard } from '../../store/memory-shard.ts';
import { evenSlotMap, shardOfLike } from '../../store/slot-map.ts';
import { madeLike, seqsOf } from '../store/made-likes.ts';
import { MadeRecords } from './made-records.ts';
import type { NaiveHistory } from './naive-checker.ts';
import type { NaiveLogEntry } from './naive-log.ts';

const SHARDS = 2;
const SLOT_MAP = evenSlotMap(SHARDS);
const POSTS = ['a', 'b', 'c'];
/** Larger than any seq that is sent, so that nobody ever attempted it. */
const STRANGE_SEQ = 70_000;
const STEP_US = 10;
const POISON = 'poison';

/** Writes records as lab/record-writer.ts does, and gives back what a reader can read. */
export interface Recorder {
  attempted(timeUs: number, likes: readonly Like[]): void;
  outcome(timeUs: number, likes: readonly Like[], outcome: SendOutcome): void;
  delivered(timeUs: number, likes: readonly Like[]): void;
  stored(timeUs: number, fresh: readonly Like[], seen: readonly Like[]): void;
  /** After the last record. */
  end(): RecordSource;
}

/** Records that stay in memory. */
export function openMadeRecorder(name: string): Recorder {
  const records = new MadeRecords(name);
  return Object.assign(records, { end: () => records.source });
}

/** A like is fixed by its source and seq, as in life. */
const someLike = fc.nat(25).map((number) => {
  const seq = number >> 1;
  // Some seqs lie in the second block of marks.
  return likeOf(number % 2 === 0 ? 'one' : 'two', seq < 9 ? seq : seq + 4_090);
});
const someStranger = fc
  .constantFrom('one', 'elsewhere')
  .map((source) => likeOf(source, STRANGE_SEQ));
const someSighting = fc.oneof(
  { weight: 20, arbitrary: someLike },
  { weight: 1, arbitrary: someStranger },
);
const someOutcome = fc.constantFrom<(SendOutcome | undefined)[]>(
  'ok',
  'ok',
  'ok',
  'ok',
  'ok',
  'ok',
  'fail',
  'unknown',
  undefined,
);
const someTimeUs = fc.nat(80);
const someLog = fc.record({
  entries: fc.array(
    fc.record({
      lane: fc.nat(1),
      /** How far behind the place before it: 1 in a sound log; the last is beyond a page. */
      step: fc.constantFrom(1, 1, 1, 1, 1, 0, 2, 1_030),
      like: fc.option(someSighting, { nil: undefined, freq: 8 }),
    }),
    { maxLength: 10 },
  ),
  again: fc.option(fc.record({ dropped: fc.nat(15), changed: fc.nat(15) }), { nil: undefined }),
});

export const someHistory = fc.record({
  sends: fc.array(
    fc.record({
      producer: fc.nat(1),
      likes: fc.array(fc.record({ like: someLike, outcome: someOutcome }), { maxLength: 6 }),
    }),
    { maxLength: 8 },
  ),
  deliveries: fc.array(
    fc.record({
      consumer: fc.nat(1),
      likes: fc.array(someSighting, { maxLength: 6 }),
      isStored: fc.boolean(),
    }),
    { maxLength: 10 },
  ),
  storedUnseen: fc.array(someSighting, { maxLength: 2 }),
  /** Applied to a shard by its number, whether it owns the post or not. */
  misrouted: fc.array(fc.tuple(fc.nat(SHARDS - 1), someLike), { maxLength: 1 }),
  recordedFreshAgain: fc.array(someSighting, { maxLength: 1 }),
  raised: fc.array(
    fc.record({
      post: fc.constantFrom(...POSTS, 'never sent'),
      likes: fc.integer({ min: -1, max: 2 }),
      unlikes: fc.integer({ min: -1, max: 1 }),
    }),
    { maxLength: 2 },
  ),
  parkedLikes: fc.array(someSighting, { maxLength: 3 }),
  poison: fc.nat(2),
  drained: fc.boolean(),
  drainedUs: fc.option(someTimeUs, { nil: undefined }),
  momentsUs: fc.uniqueArray(someTimeUs, { maxLength: 3 }),
  log: fc.option(someLog, { nil: undefined }),
  forgotten: fc.nat(1),
  expected: fc.option(
    fc.dictionary(fc.constantFrom(...POSTS, 'never sent', 'never liked'), someCount(), {
      noNullPrototype: true,
      maxKeys: 4,
    }),
    { nil: undefined },
  ),
});
export type History = typeof someHistory extends fc.Arbitrary<infer T> ? T : never;

function someCount() {
  return fc.record({ likes: fc.nat(4), unlikes: fc.nat(2) });
}

function likeOf(source: string, seq: number): Like {
  return madeLike(source, seq, { post: POSTS[(seq + source.length) % POSTS.length]! });
}

/** The same history twice: as evidence for the checker, and as sets for the naive one. */
export async function evidenceOf(
  history: History,
  openRecorder: (name: string) => Recorder,
): Promise<{ input: CheckInput & { momentsUs: readonly number[] }; naive: NaiveHistory }> {
  const producerRecords = recordSends(history, openRecorder);
  const { consumerRecords, fresh, shards } = await recordDeliveries(history, openRecorder);
  const sends = history.sends.flatMap(({ likes }, index) =>
    likes.map((send) => ({ ...send, outcomeUs: index * STEP_US + 5 })),
  );
  const deliveries = history.deliveries.flatMap(({ likes }, index) =>
    likes.map((like) => ({ like, timeUs: index * STEP_US })),
  );
  const distinct = new Set(sends.map(({ like }) => `${like.source} ${like.seq}`)).size;
  const attempted = distinct + history.forgotten;
  const expected = history.expected && new Map(Object.entries(history.expected));
  const { drained, drainedUs, parkedLikes, poison } = history;
  const [log, logAgain] = readingsOf(history.log);
  const stored = await raisedBy(history.raised, shards);
  return {
    input: {
      producerRecords,
      consumerRecords,
      stored,
      parked: [...parkedLikes.map(encodeLike), ...Array<string>(poison).fill(POISON)],
      drained,
      drainedUs,
      sums: { attempted },
      expected,
      momentsUs: history.momentsUs.toSorted((one, other) => one - other),
      log,
      logAgain,
    },
    naive: {
      sends,
      deliveries,
      fresh,
      shards: stored.shards.map((shard) => ({
        owns: shard.ownership(),
        marks: shard
          .marks()
          .flatMap((block) => seqsOf([block]).map((seq) => ({ source: block.source, seq }))),
        counts: shard.counts(),
      })),
      parkedLikes,
      poison,
      drained,
      drainedUs,
      attemptedSum: attempted,
      expected,
      log: [log, logAgain].filter((reading) => reading !== undefined),
    },
  };
}

function recordSends({ sends }: History, openRecorder: (name: string) => Recorder) {
  const recorders = ['producer-0', 'producer-1'].map(openRecorder);
  for (const [index, { producer, likes }] of sends.entries()) {
    const recorder = recorders[producer]!;
    recorder.attempted(
      index * STEP_US,
      likes.map(({ like }) => like),
    );
    for (const wanted of ['ok', 'fail', 'unknown'] as const) {
      const ended = likes.filter(({ outcome }) => outcome === wanted).map(({ like }) => like);
      recorder.outcome(index * STEP_US + 5, ended, wanted);
    }
  }
  return recorders.map((recorder) => recorder.end());
}

async function recordDeliveries(history: History, openRecorder: (name: string) => Recorder) {
  const recorders = ['consumer-0', 'consumer-1'].map(openRecorder);
  const fresh: Like[] = [...history.recordedFreshAgain];
  const shards = Array.from({ length: SHARDS }, (_, index) => new MemoryShard(index, SLOT_MAP));
  const apply = (likes: readonly Like[]) =>
    Promise.all(
      shards.map((shard) => {
        const isOwn = (place: number) => shardOfLike(SLOT_MAP, likes[place]!) === shard.index;
        return shard.apply(likes, [...likes.keys()].filter(isOwn), SLOT_MAP.version);
      }),
    );
  for (const [index, { consumer, likes, isStored }] of history.deliveries.entries()) {
    const recorder = recorders[consumer]!;
    recorder.delivered(index * STEP_US, likes);
    if (!isStored) continue;
    for (const commit of await apply(likes)) {
      const [counted, known] = [commit.fresh, commit.seen].map((places) =>
        places.map((place) => likes[place]!),
      );
      fresh.push(...counted!);
      recorder.stored(index * STEP_US + 5, counted!, known!);
    }
  }
  recorders[0]!.stored(1_000, history.recordedFreshAgain, []);
  await apply(history.storedUnseen);
  for (const [index, like] of history.misrouted) {
    await shards[index]!.apply([like], [0], SLOT_MAP.version);
  }
  return { consumerRecords: recorders.map((recorder) => recorder.end()), fresh, shards };
}

/** The shards, with counts of the first one that somebody has changed behind its back. */
async function raisedBy(raised: History['raised'], shards: readonly MemoryShard[]) {
  const read = await Promise.all(
    shards.map(async (shard) => ({
      marks: await Array.fromAsync(shard.marks()),
      counts: await Array.fromAsync(shard.counts()),
      owns: await shard.ownership(),
      totals: await shard.totals(),
    })),
  );
  return {
    totals: () => ({ marks: read.reduce((sum, { totals }) => sum + totals.marks, 0) }),
    shards: read.map(({ marks, counts, owns }, index) => ({
      marks: () => marks,
      counts: () => [...counts, ...(index === 0 ? raised : [])],
      ownership: () => owns,
    })),
  } satisfies StoredCounts;
}

/** One reading of a log, and one more that lacks an entry and has a wrong one. */
function readingsOf(log: History['log']): (NaiveLogEntry[] | undefined)[] {
  if (log === undefined) return [];
  const ends = [7, 4_000];
  const reading = log.entries.map(({ lane, step, like }): NaiveLogEntry => {
    ends[lane]! += step;
    return { lane, position: ends[lane]!, text: like ? encodeLike(like) : POISON, like };
  });
  if (log.again === undefined) return [reading];
  const { dropped, changed } = log.again;
  const again = reading
    .map((entry, index) =>
      index === changed ? { ...entry, text: `other ${POISON}`, like: undefined } : entry,
    )
    .filter((_, index) => index !== dropped);
  return [reading, again];
}
