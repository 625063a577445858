import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check, type StoredCounts } from '../../lab/checker.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import { encodeLike, type Like, type SendOutcome } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { madeLike, seqsOf } from '../store/made-likes.ts';
import { type NaiveHistory, naiveLedger } from './naive-checker.ts';
import { recordsFolder } from './trial-fixture.ts';

const SHARDS = 2;
const POSTS = ['a', 'b', 'c'];
/** Larger than any seq that is sent, so that nobody ever attempted it. */
const STRANGE_SEQ = 70_000;

/** A like is fixed by its source and seq, as in life. */
const someLike = fc
  .record({ source: fc.constantFrom('one', 'two'), seq: fc.integer({ min: 0, max: 12 }) })
  // Some seqs lie in the second block of marks.
  .map(({ source, seq }) => likeOf(source, seq < 9 ? seq : seq + 4_090));
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
  'fail',
  'unknown',
);

const someHistory = fc.record({
  sends: fc.array(
    fc.record({
      producer: fc.nat(1),
      likes: fc.array(
        fc.record({ like: someLike, outcome: fc.option(someOutcome, { nil: undefined, freq: 8 }) }),
        { maxLength: 6 },
      ),
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
  forgotten: fc.nat(1),
  expected: fc.option(
    fc.dictionary(fc.constantFrom(...POSTS, 'never sent', 'never liked'), someCount(), {
      noNullPrototype: true,
    }),
    { nil: undefined },
  ),
});
type History = typeof someHistory extends fc.Arbitrary<infer T> ? T : never;

function someCount() {
  return fc.record({ likes: fc.nat(4), unlikes: fc.nat(2) });
}

function likeOf(source: string, seq: number): Like {
  return madeLike(source, seq, { post: POSTS[(seq + source.length) % POSTS.length]! });
}

test('the checker says of any small history what sets of ids say of it', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(someHistory, async (history) => {
      using folder = recordsFolder();
      const producerRecords = writeSends(history, folder);
      const { consumerRecords, fresh, stored } = await writeDeliveries(history, folder);
      const sends = history.sends.flatMap(({ likes }) => likes);
      const distinct = new Set(sends.map(({ like }) => `${like.source} ${like.seq}`)).size;
      const expected = history.expected && new Map(Object.entries(history.expected));
      const attemptedSum = distinct + history.forgotten;
      const parked = [
        ...history.parkedLikes.map(encodeLike),
        ...Array.from({ length: history.poison }, () => 'poison'),
      ];
      const { drained, parkedLikes, poison } = history;
      const sums = { attempted: attemptedSum };
      const input = { producerRecords, consumerRecords, stored, parked, drained, sums, expected };
      const naive: NaiveHistory = {
        sends,
        deliveries: history.deliveries.flatMap(({ likes }) => likes),
        fresh,
        shards: stored.shards.map((shard) => ({
          marks: [...shard.marks()].flatMap((block) =>
            seqsOf([block]).map((seq) => ({ source: block.source, seq })),
          ),
          counts: [...shard.counts()],
        })),
        parkedLikes,
        poison,
        drained,
        attemptedSum,
        expected,
      };
      const { ledger } = check(input);
      expect(ledger).toEqual(naiveLedger(naive));
      for (const [finding, count] of Object.entries(ledger)) if (count > 0) seen.add(finding);
    }),
    { numRuns: 400, seed: 20_171_114 },
  );
  // Equal where nothing ever happens would mean nothing: each field of the ledger came up.
  expect(seen.size).toBe(23);
});

type Folder = ReturnType<typeof recordsFolder>;

function writeSends({ sends }: History, folder: Folder): string[] {
  const paths = ['producer-0', 'producer-1'].map(folder.path);
  const writers = paths.map((path) => new RecordWriter(path));
  for (const [index, { producer, likes }] of sends.entries()) {
    const writer = writers[producer]!;
    writer.attempted(
      index * 10,
      likes.map(({ like }) => like),
    );
    for (const wanted of ['ok', 'fail', 'unknown'] as const) {
      const ended = likes.filter(({ outcome }) => outcome === wanted).map(({ like }) => like);
      writer.outcome(index * 10 + 5, ended, wanted);
    }
  }
  for (const writer of writers) writer[Symbol.dispose]();
  return paths;
}

async function writeDeliveries(history: History, folder: Folder) {
  const paths = ['consumer-0', 'consumer-1'].map(folder.path);
  const writers = paths.map((path) => new RecordWriter(path));
  const fresh: Like[] = [...history.recordedFreshAgain];
  const store = await openStore({ engine: 'memory', shards: SHARDS });
  for (const [index, { consumer, likes, isStored }] of history.deliveries.entries()) {
    const writer = writers[consumer]!;
    writer.delivered(index * 10, likes);
    if (!isStored) continue;
    await store.apply(likes, (commit) => {
      const [counted, known] = [commit.fresh, commit.seen].map((places) =>
        places.map((place) => likes[place]!),
      );
      fresh.push(...counted!);
      writer.stored(index * 10 + 5, counted!, known!);
    });
  }
  writers[0]!.stored(1_000, history.recordedFreshAgain, []);
  for (const writer of writers) writer[Symbol.dispose]();
  await store.apply(history.storedUnseen);
  for (const [index, like] of history.misrouted) {
    const shard = store.shards[index]!;
    shard.apply([like], [0], shard.slotMapVersion());
  }
  return { consumerRecords: paths, fresh, stored: raisedBy(history.raised, store) };
}

/** The store, with counts of its first shard that somebody has changed behind its back. */
function raisedBy(raised: History['raised'], store: StoredCounts): StoredCounts {
  const { shards } = store;
  return {
    totals: () => store.totals(),
    shards: shards.map((shard, index) => ({
      marks: () => shard.marks(),
      counts: () => [...shard.counts(), ...(index === 0 ? raised : [])],
    })),
  };
}
