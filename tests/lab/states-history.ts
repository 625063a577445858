/** Small histories of a store under states, with anything at all gone wrong, and their evidence. */
import fc from 'fast-check';
import type { CheckStatesInput } from '../../lab/check-states.ts';
import type { StoredCounts } from '../../lab/checker-store.ts';
import type { RecordSource } from '../../lab/record-reader.ts';
import { encodeLike, type Like, type SendOutcome } from '../../likes/like.ts';
import type { PlannedLike } from '../../likes/workloads/workload.ts';
import type { UserState } from '../../store/count-store.ts';
import { MemoryStatesShard } from '../../store/memory-states-shard.ts';
import { evenSlotMap, shardOfLike } from '../../store/slot-map.ts';
import { MadeRecords } from './made-records.ts';
import type { NaiveStatesHistory } from './naive-states.ts';

const SHARDS = 2;
const SLOT_MAP = evenSlotMap(SHARDS);
const SOURCES = ['one', 'two'];
const USERS = ['ann', 'bob'];
/** One in each shard. */
const POSTS = ['a', 'c'];
const STEP_US = 10;

const somePress = fc.record({
  user: fc.constantFrom(...USERS),
  post: fc.constantFrom(...POSTS),
  version: fc.integer({ min: 1, max: 3 }),
  action: fc.constantFrom('like' as const, 'unlike' as const),
});
const someState = fc.record({
  post: fc.constantFrom(...POSTS, 'never pressed'),
  user: fc.constantFrom(...USERS, 'nobody'),
  version: fc.constantFrom(1, 2, 3, 9),
  action: fc.constantFrom('like' as const, 'unlike' as const),
});
const someOutcome = fc.constantFrom<(SendOutcome | undefined)[]>(
  ...Array<SendOutcome>(8).fill('ok'),
  'fail',
  'unknown',
  undefined,
);
/** A producer, and the place of its like among all it may send. */
const somePlace = fc.tuple(fc.nat(1), fc.nat(7));

export const someStatesHistory = fc.record({
  /** All that each producer would send; it begins at the first and may stop early. */
  planned: fc.tuple(fc.array(somePress, { maxLength: 7 }), fc.array(somePress, { maxLength: 5 })),
  sent: fc.tuple(fc.nat(8), fc.nat(8)),
  outcomes: fc.array(someOutcome, { minLength: 12, maxLength: 12 }),
  /** Sent once more. */
  again: fc.array(fc.record({ place: somePlace, outcome: someOutcome }), { maxLength: 2 }),
  deliveries: fc.array(
    fc.record({
      consumer: fc.nat(1),
      places: fc.array(somePlace, { maxLength: 7 }),
      isStored: fc.boolean(),
      /** A consumer that is killed after its commit leaves no record of it. */
      isTold: fc.boolean(),
    }),
    { maxLength: 6 },
  ),
  /** Told as stored, and not stored. */
  toldFalsely: fc.array(somePlace, { maxLength: 1 }),
  storedUnseen: fc.array(somePlace, { maxLength: 1 }),
  /** What somebody has done to the rows: left out, turned, or added in a shard. */
  dropped: fc.option(fc.nat(6), { nil: undefined, freq: 3 }),
  turned: fc.option(fc.nat(6), { nil: undefined, freq: 3 }),
  added: fc.array(fc.tuple(fc.nat(SHARDS - 1), someState), { maxLength: 1 }),
  raised: fc.array(
    fc.record({
      post: fc.constantFrom(...POSTS, 'never pressed'),
      likes: fc.integer({ min: -1, max: 2 }),
      unlikes: fc.integer({ min: 0, max: 1 }),
    }),
    { maxLength: 1 },
  ),
  rowsHidden: fc.constantFrom(0, 0, 0, 1),
  /** A record of the first producer with another post than the workload's. */
  isMisrecorded: fc.constantFrom(false, false, false, true),
  parked: fc.array(somePlace, { maxLength: 2 }),
  poison: fc.nat(1),
  drained: fc.boolean(),
  forgotten: fc.nat(1),
});
export type StatesHistory = typeof someStatesHistory extends fc.Arbitrary<infer T> ? T : never;

/** The same history twice: as evidence for the checker, and as lists for the naive one. */
export async function statesEvidenceOf(
  history: StatesHistory,
): Promise<{ input: CheckStatesInput; naive: NaiveStatesHistory }> {
  const planned = history.planned.map((presses, producer) =>
    presses.map((press, seq): Like => {
      return { ...press, source: SOURCES[producer]!, seq, likedAtMs: 0 };
    }),
  );
  const { records: producerRecords, sends } = recordSends(history, planned);
  const isKnown = (like: Like) => sends.some((send) => send.like === like);
  const likeAt = ([producer, place]: [number, number]): Like | undefined =>
    planned[producer]![place];
  const likesAt = (places: readonly [number, number][]) =>
    places.map(likeAt).filter((like) => like !== undefined);
  const told: Like[] = [];
  const { consumerRecords, deliveries, shards } = await recordDeliveries(history, likesAt, told);
  const parkedLikes = likesAt(history.parked);
  const rows = await rowsOf(history, shards);
  const counts = await countsOf(history, shards);
  const attempted = sends.filter((send, place) => {
    return sends.findIndex(({ like }) => like === send.like) === place;
  }).length;
  const { drained, poison, rowsHidden } = history;
  return {
    input: {
      producerRecords,
      consumerRecords,
      stored: storedOf(rows, counts, rowsHidden),
      parked: [...parkedLikes.map(encodeLike), ...Array<string>(poison).fill('poison')],
      drained,
      sums: { attempted: attempted + history.forgotten },
      planned: (producer) => planned[producer]!.map(asPlanned),
    },
    naive: {
      sends,
      deliveries,
      told: told.filter(isKnown),
      rows: rows.flat(),
      rowsHidden,
      counts,
      owns: (shard, post) => shardOfLike(SLOT_MAP, { post, user: '' }) === shard,
      parkedLikes,
      poison,
      drained,
      attemptedSum: attempted + history.forgotten,
      misrecorded: isMisrecorded(history) ? 1 : 0,
    },
  };
}

function asPlanned({ seq, post, user, version, action }: Like): PlannedLike {
  return { seq, post, user, version, action, retry: false };
}

function isMisrecorded(history: StatesHistory): boolean {
  return history.isMisrecorded && Math.min(history.sent[0], history.planned[0].length) > 0;
}

/** Each producer its own file, its likes in their order, one a send. */
function recordSends(history: StatesHistory, planned: readonly (readonly Like[])[]) {
  const recorders = SOURCES.map((_, producer) => new MadeRecords(`producer-${producer}`));
  const sends: { like: Like; outcome: SendOutcome | undefined }[] = [];
  const send = (producer: number, like: Like, outcome: SendOutcome | undefined) => {
    const isFirst = sends.every(({ like: { source } }) => source !== SOURCES[0]);
    const recorded = isFirst && producer === 0 && isMisrecorded(history);
    const timeUs = sends.length * STEP_US;
    recorders[producer]!.attempted(timeUs, [recorded ? { ...like, post: 'elsewhere' } : like]);
    if (outcome !== undefined) recorders[producer]!.outcome(timeUs + 1, [like], outcome);
    sends.push({ like, outcome });
  };
  for (const [producer, likes] of planned.entries()) {
    for (const like of likes.slice(0, history.sent[producer])) {
      send(producer, like, history.outcomes[sends.length]);
    }
  }
  for (const { place, outcome } of history.again) {
    const like = planned[place[0]]![place[1]];
    if (like !== undefined && place[1] < history.sent[place[0]]!) send(place[0], like, outcome);
  }
  return { records: recorders.map(({ source }): RecordSource => source), sends };
}

async function recordDeliveries(
  history: StatesHistory,
  likesAt: (places: readonly [number, number][]) => Like[],
  told: Like[],
) {
  const recorders = ['consumer-0', 'consumer-1'].map((name) => new MadeRecords(name));
  const shards = Array.from({ length: SHARDS }, (_, i) => new MemoryStatesShard(i, SLOT_MAP));
  const deliveries: Like[] = [];
  const apply = (likes: readonly Like[]) =>
    Promise.all(
      shards.map((shard) => {
        const isOwn = (place: number) => shardOfLike(SLOT_MAP, likes[place]!) === shard.index;
        return shard.apply(likes, [...likes.keys()].filter(isOwn), SLOT_MAP.version);
      }),
    );
  for (const [index, { consumer, places, isStored, isTold }] of history.deliveries.entries()) {
    const likes = likesAt(places);
    recorders[consumer]!.delivered(index * STEP_US, likes);
    deliveries.push(...likes);
    if (!isStored) continue;
    for (const commit of await apply(likes)) {
      if (!isTold) continue;
      const [fresh, seen] = [commit.fresh, commit.seen].map((all) => all.map((at) => likes[at]!));
      recorders[consumer]!.stored(index * STEP_US + 5, fresh!, seen!);
      told.push(...fresh!, ...seen!);
    }
  }
  const falsely = likesAt(history.toldFalsely);
  recorders[0]!.stored(1_000, falsely, []);
  told.push(...falsely);
  await apply(likesAt(history.storedUnseen));
  const consumerRecords = recorders.map(({ source }): RecordSource => source);
  return { consumerRecords, deliveries, shards };
}

async function rowsOf(
  { dropped, turned, added }: StatesHistory,
  shards: readonly MemoryStatesShard[],
): Promise<UserState[][]> {
  const read = await Promise.all(shards.map((shard) => Array.fromAsync(shard.states())));
  let place = 0;
  const changed = read.map((rows) =>
    rows.flatMap((row): UserState[] => {
      const at = place++;
      if (at === dropped) return [];
      return [at === turned ? { ...row, action: row.action === 'like' ? 'unlike' : 'like' } : row];
    }),
  );
  for (const [shard, row] of added) changed[shard]!.push(row);
  return changed;
}

async function countsOf({ raised }: StatesHistory, shards: readonly MemoryStatesShard[]) {
  const read = await Promise.all(shards.map((shard) => Array.fromAsync(shard.counts())));
  return read.map((counts, index) => (index === 0 ? [...counts, ...raised] : counts));
}

function storedOf(
  rows: readonly UserState[][],
  counts: Awaited<ReturnType<typeof countsOf>>,
  rowsHidden: number,
): StoredCounts {
  return {
    totals: () => ({ marks: 0, states: rows.flat().length + rowsHidden }),
    shards: rows.map((own, index) => ({
      marks: () => [],
      states: () => own,
      counts: () => counts[index]!,
      ownership: () => (post: string) => shardOfLike(SLOT_MAP, { post, user: '' }) === index,
    })),
  };
}
