/**
 * Compares what the producers recorded, what the consumers recorded, what stands in the shards,
 * what was parked and what the server's own log holds, like by like. Streaming: one byte a like, a
 * few numbers a post, and where there is a log ten bytes for each of its places, in memory.
 */
import { checkLog, type LogFindings, type LogInput } from './checker-log.ts';
import { findLostOks, type LostBefore, noneLost, sortLostOks } from './checker-lost.ts';
import {
  addCountedLikes,
  type DeliverySums,
  openReading,
  readDeliveries,
  readSends,
} from './checker-records.ts';
import {
  addStoredCounts,
  type ParkedSums,
  readMarks,
  readParked,
  type StoredCounts,
} from './checker-store.ts';
import type { Ledger, WitnessSums } from './ledger.ts';
import { LikeStates, STATE, type Sweep } from './like-states.ts';
import { type PostErrors, PostSums } from './post-sums.ts';
import { Names, type RecordBlock, type RecordSource, type Truncation } from './record-reader.ts';

export type { LostBefore } from './checker-lost.ts';
export type { StoredCounts } from './checker-store.ts';

/** What the check has found of single likes. */
export interface KnownLikes {
  isAcknowledged(source: string, seq: number): boolean;
  isCounted(source: string, seq: number): boolean;
}

export function knownLikes(names: Names, likes: LikeStates): KnownLikes {
  const has = (bit: number) => (source: string, seq: number) =>
    likes.has(names.numberOf(source), seq, bit);
  return { isAcknowledged: has(STATE.ok), isCounted: has(STATE.counted) };
}

export interface CheckInput extends LogInput {
  readonly producerRecords: readonly RecordSource[];
  readonly consumerRecords: readonly RecordSource[];
  readonly stored: StoredCounts;
  /** The texts in the dead-letter place. */
  readonly parked: readonly string[];
  /** Whether the server itself said that nothing is left in the queue. */
  readonly drained: boolean;
  /** When it said so, µs on the trial's clock; without it nothing is called late. */
  readonly drainedUs?: number | undefined;
  /** What the server said is left when the wait for it was given up. */
  readonly left?: number | undefined;
  readonly sums: WitnessSums;
  /** What the file says of each post, when all its likes were sent and acknowledged. */
  readonly expected: ReadonlyMap<string, { likes: number; unlikes: number }> | undefined;
  /** Told of each like as soon as all is known of it: lab/path/check-accepted.ts. */
  readonly swept?: ((known: KnownLikes) => void) | undefined;
  /** When each fault began, rising, µs on the trial's clock. */
  readonly momentsUs?: readonly number[] | undefined;
}

export interface CheckOutput {
  readonly ledger: Ledger;
  /** Files that end in the middle of a block. */
  readonly truncations: readonly Truncation[];
  /** When the first of the lost likes was acknowledged; undefined when none is lost. */
  readonly lostOkUsFirst: number | undefined;
  /** The last time that any of them was, by a send of its own. */
  readonly lostOkUsLast: number | undefined;
  /**
   * Entry i: the lost likes last acknowledged before moment i and not before the one before it; the
   * last entry: those after all moments. Undefined where no moments were given.
   */
  readonly lostBefore: readonly LostBefore[] | undefined;
}

/**
 * The whole check. Reads each file of records once, the producers' twice; these once more where a
 * log was given, and twice more where likes are lost.
 * Rejects with LabError RECORDS_UNREADABLE when a file is not a file of records.
 */
export async function check(input: CheckInput): Promise<CheckOutput> {
  const names = new Names();
  const states = new LikeStates();
  const { read, truncations } = openReading(names);
  const readProducers = () => read(input.producerRecords);

  const sends = readSends(readProducers(), states);
  const drainedUs = input.drained ? input.drainedUs : undefined;
  const deliveries = readDeliveries(read(input.consumerRecords), states, sends, drainedUs);
  const marks = await readMarks(input.stored, names, states);
  const marksOfTrial = (await input.stored.totals()).marks - marks.phantom - marks.again;
  const parked = readParked(input.parked, names, states);
  const log = checkLog(input, names, states, readProducers);
  const sweep = states.sweep();
  input.swept?.(knownLikes(names, states));
  const lost = input.drained ? sweep.missing : 0;
  const lostOks = timeLost(lost, input.momentsUs, states, readProducers);
  // From here on the bit "counted" is taken away.
  const posts = new PostSums();
  addCountedLikes(readProducers(), states, posts);
  const { misplaced } = await addStoredCounts(input.stored, names, posts);
  const errors = posts.errors();

  const ledger: Ledger = {
    ...ledgerOfRecords(input, { sends, deliveries, log, parked, sweep }),
    counted: marks.counted,
    doubleEffects: Math.max(errors.excess, deliveries.freshAgain, marks.again),
    phantom: deliveries.phantom + marks.phantom + parked.phantom + log.phantom,
    ...miscounts(errors, misplaced),
    ...compareWithFile(input, names, posts),
    // The producers' own sums against their records; and what the records make of every like
    // against the shards' own sum of marks and the dead letters.
    residual:
      Math.abs(input.sums.attempted - (sweep.ok + sweep.unknown + sweep.fail)) +
      Math.abs(sweep.ok + sweep.landed - (marksOfTrial + parked.only + sweep.missing)),
  };
  return { ledger, truncations: truncations(), ...lostOks };
}

/** What the passes over the records, the log and the dead letters have found. */
export interface RecordsFound {
  readonly sends: { readonly again: number };
  readonly deliveries: DeliverySums;
  readonly log: LogFindings;
  readonly parked: ParkedSums;
  readonly sweep: Sweep;
}

/** The part of the ledger that is formed alike whatever the rule of the store. */
export function ledgerOfRecords(
  input: Pick<CheckInput, 'drained' | 'drainedUs' | 'left' | 'parked'>,
  { sends, deliveries, log, parked, sweep }: RecordsFound,
) {
  const isTimed = input.drained && input.drainedUs !== undefined;
  return {
    attempted: sweep.attempted,
    ok: sweep.ok,
    unknown: sweep.unknown,
    fail: sweep.fail,
    lost: input.drained ? sweep.missing : 0,
    stuck: input.drained ? 0 : Math.max(sweep.missing, input.left ?? 0),
    redelivered: deliveries.again,
    late: isTimed ? deliveries.late : undefined,
    sentAgain: sends.again,
    recovered: sweep.recovered,
    revived: sweep.revived,
    parked: input.parked.length,
    wronglyParked: parked.decodable,
    inversions: deliveries.inversions,
    inversionSeqsMax: deliveries.inversionSeqsMax,
    offsetConflicts: log.offsetConflicts,
    offsetGaps: log.offsetGaps,
    storedAgain: log.storedAgain,
    splitPosts: log.splitPosts,
  };
}

/** Where the shards' counts are not what they should be. */
export function miscounts(errors: PostErrors, misplacedPosts: number | undefined) {
  return {
    miscountedPosts: errors.posts,
    miscountedLikes: errors.likes,
    miscountedLikesMax: errors.likesMax,
    misplacedPosts,
  };
}

/** When lost likes were acknowledged; to be asked while the bit "counted" is there. */
export function timeLost(
  lost: number,
  momentsUs: readonly number[] | undefined,
  states: LikeStates,
  readProducers: () => readonly Iterable<RecordBlock>[],
): Pick<CheckOutput, 'lostOkUsFirst' | 'lostOkUsLast' | 'lostBefore'> {
  if (lost === 0) {
    const lostBefore = momentsUs && noneLost(momentsUs);
    return { lostOkUsFirst: undefined, lostOkUsLast: undefined, lostBefore };
  }
  const { firstUs, lastUs, acknowledgements } = findLostOks(readProducers(), states);
  return {
    lostOkUsFirst: firstUs,
    lostOkUsLast: lastUs,
    lostBefore: momentsUs && sortLostOks(readProducers(), acknowledgements, momentsUs),
  };
}

/** Compares every post of the file with the shards, those without any like included. */
function compareWithFile(
  { expected }: CheckInput,
  names: Names,
  posts: PostSums,
): Pick<Ledger, 'expectedPosts' | 'unexpectedPosts'> {
  if (expected === undefined) return { expectedPosts: undefined, unexpectedPosts: undefined };
  let unexpectedPosts = 0;
  for (const [post, { likes, unlikes }] of expected) {
    const found = posts.stored(names.numberOf(post));
    if (found.likes !== likes || found.unlikes !== unlikes) unexpectedPosts++;
  }
  return { expectedPosts: expected.size, unexpectedPosts };
}
