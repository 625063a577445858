/**
 * Compares what the producers recorded, what the consumers recorded, what stands in the shards and
 * what was parked, like by like. Streaming: one byte a like, and a few numbers a post, in memory.
 */
import { decodeLike, NotALikeError } from '../likes/like.ts';
import type { Ledger, WitnessSums } from './ledger.ts';
import { LikeStates, STATE } from './like-states.ts';
import { OrderCheck } from './order-check.ts';
import { PostSums } from './post-sums.ts';
import { KIND } from './record-format.ts';
import {
  mergeByTime,
  Names,
  type RecordBlock,
  readRecords,
  type Truncation,
} from './record-reader.ts';

/** The parts of the count store that the checker reads; store/count-store.ts has them. */
export interface StoredCounts {
  /** Marks as the shards themselves add them up. */
  totals(): { marks: number };
  readonly shards: readonly {
    marks(): Iterable<{ source: string; block: number; bits: Uint8Array }>;
    counts(): Iterable<{ post: string; likes: number; unlikes: number }>;
  }[];
}

export interface CheckInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  readonly stored: StoredCounts;
  /** The texts in the dead-letter place. */
  readonly parked: readonly string[];
  /** Whether the server itself said that nothing is left in the queue. */
  readonly drained: boolean;
  /** What the server said is left when the wait for it was given up. */
  readonly left?: number;
  readonly sums: WitnessSums;
  /** What the file says of each post, when all its likes were sent and acknowledged. */
  readonly expected: ReadonlyMap<string, { likes: number; unlikes: number }> | undefined;
}

/** Likes of one block of marks; the store's format says the same. */
const MARKS_PER_BLOCK = 4_096;

export interface CheckOutput {
  readonly ledger: Ledger;
  /** Files that end in the middle of a block. */
  readonly truncations: readonly Truncation[];
  /** When the first of the lost likes was acknowledged; undefined when none is lost. */
  readonly lostOkUsFirst: number | undefined;
  /** The last time that any of them was, by a send of its own. */
  readonly lostOkUsLast: number | undefined;
}

/** The whole check. Reads each file of records once, the producers' twice. */
export function check(input: CheckInput): CheckOutput {
  const names = new Names();
  const states = new LikeStates();
  const truncations = new Map<string, Truncation>();
  const read = (path: string) =>
    readRecords(path, names, (truncation) => truncations.set(path, truncation));

  const sends = readSends(input.producerRecords.map(read), states);
  const order = new OrderCheck();
  const deliveries = readDeliveries(input.consumerRecords.map(read), states, order);
  const marks = readMarks(input.stored, names, states);
  const marksOfTrial = input.stored.totals().marks - marks.phantom - marks.again;
  const parked = readParked(input.parked, names, states);
  const sweep = states.sweep();
  const lost = input.drained ? sweep.missing : 0;
  const lostOks = lost > 0 ? findLostOks(input.producerRecords.map(read), states) : undefined;
  // From here on the bit "counted" is taken away, so that a like sent twice is added once.
  const posts = new PostSums();
  for (const path of input.producerRecords) addCountedLikes(read(path), states, posts);
  addStoredCounts(input.stored, names, posts);
  const errors = posts.errors();

  const ledger: Ledger = {
    attempted: sweep.attempted,
    ok: sweep.ok,
    unknown: sweep.unknown,
    fail: sweep.fail,
    counted: marks.counted,
    lost,
    stuck: input.drained ? 0 : Math.max(sweep.missing, input.left ?? 0),
    doubleEffects: Math.max(errors.excess, deliveries.freshAgain, marks.again),
    redelivered: deliveries.again,
    sentAgain: sends.again,
    recovered: sweep.recovered,
    revived: sweep.revived,
    phantom: deliveries.phantom + marks.phantom + parked.phantom,
    parked: input.parked.length,
    wronglyParked: parked.decodable,
    inversions: order.inversions,
    inversionSeqsMax: order.inversionSeqsMax,
    miscountedPosts: errors.posts,
    miscountedLikes: errors.likes,
    miscountedLikesMax: errors.likesMax,
    ...compareWithFile(input, names, posts),
    // The producers' own sums against their records; and what the records make of every like
    // against the shards' own sum of marks and the dead letters.
    residual:
      Math.abs(input.sums.attempted - (sweep.ok + sweep.unknown + sweep.fail)) +
      Math.abs(sweep.ok + sweep.landed - (marksOfTrial + parked.only + sweep.missing)),
  };
  return {
    ledger,
    truncations: [...truncations.values()],
    lostOkUsFirst: lostOks?.firstUs,
    lostOkUsLast: lostOks?.lastUs,
  };
}

const OUTCOME_BITS: ReadonlyMap<number, number> = new Map([
  [KIND.ok, STATE.ok],
  [KIND.fail, STATE.fail],
  [KIND.unknown, STATE.unknown],
]);

function readSends(files: readonly Iterable<RecordBlock>[], states: LikeStates) {
  let again = 0;
  for (const file of files) {
    for (const { kind, count, source, seq } of file) {
      const bit = kind === KIND.attempted ? STATE.attempted : OUTCOME_BITS.get(kind)!;
      for (let index = 0; index < count; index++) {
        const before = states.mark(source, seq(index), bit);
        if (before && kind === KIND.attempted) again++;
      }
    }
  }
  return { again };
}

function readDeliveries(
  files: readonly Iterable<RecordBlock>[],
  states: LikeStates,
  order: OrderCheck,
) {
  const sums = { again: 0, freshAgain: 0, phantom: 0 };
  for (const { kind, count, source, seq, post } of mergeByTime(files)) {
    if (kind === KIND.seen) continue;
    for (let index = 0; index < count; index++) {
      const like = seq(index);
      if (kind === KIND.fresh) {
        if (states.isAttempted(source, like) && states.mark(source, like, STATE.fresh)) {
          sums.freshAgain++;
        }
      } else if (!states.isAttempted(source, like)) {
        sums.phantom++;
      } else if (states.mark(source, like, STATE.delivered)) {
        sums.again++;
      } else if (!wasSentAgainAfterFailure(states, source, like)) {
        order.firstDelivery(source, post(index), like);
      }
    }
  }
  return sums;
}

/**
 * Such a like may have arrived by its second send only, behind likes that were sent after its first
 * one: then its sender has changed the order, and no queue can be blamed for it.
 */
function wasSentAgainAfterFailure(states: LikeStates, source: number, seq: number): boolean {
  return states.has(source, seq, STATE.ok) && states.has(source, seq, STATE.unknown | STATE.fail);
}

function readMarks(stored: StoredCounts, names: Names, states: LikeStates) {
  const sums = { counted: 0, again: 0, phantom: 0 };
  for (const shard of stored.shards) {
    for (const { source, block, bits } of shard.marks()) {
      const number = names.numberOf(source);
      for (let place = 0; place < bits.length * 8; place++) {
        if ((bits[place >> 3]! & (1 << (place & 7))) === 0) continue;
        const seq = block * MARKS_PER_BLOCK + place;
        if (!states.isAttempted(number, seq)) sums.phantom++;
        else if (states.mark(number, seq, STATE.counted)) sums.again++;
        else sums.counted++;
      }
    }
  }
  return sums;
}

function readParked(texts: readonly string[], names: Names, states: LikeStates) {
  const sums = { decodable: 0, only: 0, phantom: 0 };
  for (const text of texts) {
    try {
      const { source, seq } = decodeLike(text);
      sums.decodable++;
      const number = names.numberOf(source);
      if (!states.isAttempted(number, seq)) sums.phantom++;
      else if (!states.mark(number, seq, STATE.parked)) {
        if (!states.has(number, seq, STATE.counted)) sums.only++;
      }
    } catch (error) {
      if (!(error instanceof NotALikeError)) throw error;
    }
  }
  return sums;
}

/** Before anything takes the bit "counted" away. */
function findLostOks(files: readonly Iterable<RecordBlock>[], states: LikeStates) {
  let [firstUs, lastUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const file of files) {
    for (const { kind, count, source, seq, timeUs } of file) {
      if (kind !== KIND.ok) continue;
      for (let index = 0; index < count; index++) {
        if (states.has(source, seq(index), STATE.counted | STATE.parked)) continue;
        firstUs = Math.min(firstUs, timeUs);
        lastUs = Math.max(lastUs, timeUs);
        break;
      }
    }
  }
  return { firstUs, lastUs };
}

function addCountedLikes(file: Iterable<RecordBlock>, states: LikeStates, posts: PostSums): void {
  for (const { kind, count, source, seq, post, isUnlike } of file) {
    if (kind !== KIND.attempted) continue;
    for (let index = 0; index < count; index++) {
      if (states.take(source, seq(index), STATE.counted)) {
        posts.addCounted(post(index), isUnlike(index));
      }
    }
  }
}

function addStoredCounts(stored: StoredCounts, names: Names, posts: PostSums): void {
  for (const shard of stored.shards) {
    for (const { post, likes, unlikes } of shard.counts()) {
      posts.addStored(names.numberOf(post), likes, unlikes);
    }
  }
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
