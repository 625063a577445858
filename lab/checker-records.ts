/** The checker's passes over the records: sends, deliveries, and the sums of counted likes. */
import { EMPTY_PAGE, type LikeStates, PAGE_BITS, PAGE_MASK, STATE } from './like-states.ts';
import { OrderCheck } from './order-check.ts';
import type { PostSums } from './post-sums.ts';
import { KIND } from './record-format.ts';
import {
  mergeByTime,
  type Names,
  type RecordBlock,
  type RecordSource,
  readRecords,
  type Truncation,
} from './record-reader.ts';

type Records = readonly Iterable<RecordBlock>[];

const BIT_OF_KIND: ReadonlyMap<number, number> = new Map([
  [KIND.attempted, STATE.attempted],
  [KIND.ok, STATE.ok],
  [KIND.fail, STATE.fail],
  [KIND.unknown, STATE.unknown],
]);

/** Reads records as often as a check needs them, and keeps which end within a block. */
export function openReading(names: Names) {
  const truncations = new Map<string, Truncation>();
  return {
    read: (sources: readonly RecordSource[]): Records =>
      sources.map((source) =>
        readRecords(source, names, (truncation) => truncations.set(truncation.path, truncation)),
      ),
    truncations: (): Truncation[] => [...truncations.values()],
  };
}

export interface SendsFound {
  /** Sends beyond a like's first. */
  readonly again: number;
  /** Likes that were sent again and never acknowledged: by source, their seqs. */
  readonly unansweredAgain: ReadonlyMap<number, ReadonlySet<number>>;
}

/** Marks what became of every send. */
export function readSends(files: Records, states: LikeStates): SendsFound {
  let again = 0;
  const unansweredAgain = new Map<number, Set<number>>();
  for (const file of files) {
    for (const { kind, count, source, seq } of file) {
      const bit = BIT_OF_KIND.get(kind)!;
      let pages = states.pagesOf(source);
      let unanswered = unansweredAgain.get(source);
      let markedBefore = 0;
      for (let index = 0; index < count; index++) {
        const like = seq(index);
        if (pages[like >>> PAGE_BITS] === undefined) pages = states.addPage(source, like);
        const page = pages[like >>> PAGE_BITS]!;
        const state = page[like & PAGE_MASK]!;
        page[like & PAGE_MASK] = state | bit;
        if (kind === KIND.ok) unanswered?.delete(like);
        if ((state & bit) === 0) continue;
        markedBefore++;
        if (kind !== KIND.attempted || (state & STATE.ok) !== 0) continue;
        if (unanswered === undefined) {
          unanswered = new Set();
          unansweredAgain.set(source, unanswered);
        }
        unanswered.add(like);
      }
      if (kind === KIND.attempted) again += markedBefore;
    }
  }
  return { again, unansweredAgain };
}

export interface DeliverySums {
  /** Deliveries beyond a like's first. */
  again: number;
  /** Likes that the commits of the shards told to be new, beyond once each. */
  freshAgain: number;
  phantom: number;
  /** First deliveries after the queue was called drained. */
  late: number;
  inversions: number;
  inversionSeqsMax: number;
}

/** Marks every delivery and every commit, in the order of their times. */
export function readDeliveries(
  files: Records,
  states: LikeStates,
  { unansweredAgain }: SendsFound,
  drainedUs = Number.POSITIVE_INFINITY,
): DeliverySums {
  const sums = { again: 0, freshAgain: 0, phantom: 0, late: 0 };
  const order = new OrderCheck();
  for (const block of mergeByTime(files)) {
    if (block.kind === KIND.fresh) {
      sums.freshAgain += markFresh(block, states);
    } else if (block.kind === KIND.delivered) {
      const sentAgain = unansweredAgain.get(block.source);
      const { again, phantom } = markDelivered(block, states, sentAgain, order);
      sums.again += again;
      sums.phantom += phantom;
      if (block.timeUs > drainedUs) sums.late += block.count - again - phantom;
    }
  }
  const { inversions, inversionSeqsMax } = order;
  return { ...sums, inversions, inversionSeqsMax };
}

/** A strange like is left alone here: its delivery or its mark has told it already. */
function markFresh({ count, source, seq }: RecordBlock, states: LikeStates): number {
  const pages = states.pagesOf(source);
  let again = 0;
  for (let index = 0; index < count; index++) {
    const like = seq(index);
    const page = pages[like >>> PAGE_BITS] ?? EMPTY_PAGE;
    const state = page[like & PAGE_MASK]!;
    if ((state & STATE.attempted) === 0) continue;
    if ((state & STATE.fresh) !== 0) again++;
    page[like & PAGE_MASK] = state | STATE.fresh;
  }
  return again;
}

function markDelivered(
  { count, source, seq, post }: RecordBlock,
  states: LikeStates,
  sentAgain: ReadonlySet<number> | undefined,
  order: OrderCheck,
): { again: number; phantom: number } {
  const pages = states.pagesOf(source);
  let [again, phantom] = [0, 0];
  for (let index = 0; index < count; index++) {
    const like = seq(index);
    const page = pages[like >>> PAGE_BITS] ?? EMPTY_PAGE;
    const state = page[like & PAGE_MASK]!;
    if ((state & STATE.attempted) === 0) {
      phantom++;
    } else if ((state & STATE.delivered) !== 0) {
      again++;
    } else {
      page[like & PAGE_MASK] = state | STATE.delivered;
      if (!wasSentAgainAfterFailure(state, sentAgain?.has(like) ?? false)) {
        order.firstDelivery(source, post(index), like);
      }
    }
  }
  return { again, phantom };
}

/**
 * Such a like may have arrived by its second send only, behind likes that were sent after its first
 * one: then its sender has changed the order, and no queue can be blamed for it. One of its sends
 * was acknowledged, or it is known that there were several and none was.
 */
function wasSentAgainAfterFailure(state: number, isUnansweredAgain: boolean): boolean {
  const hasFailed = (state & (STATE.unknown | STATE.fail)) !== 0;
  return hasFailed && ((state & STATE.ok) !== 0 || isUnansweredAgain);
}

/**
 * Adds every counted like to its post. Takes the bit "counted" away, so that a like that was sent
 * twice is added once: nothing can be asked about counted likes afterwards.
 */
export function addCountedLikes(files: Records, states: LikeStates, posts: PostSums): void {
  for (const file of files) {
    for (const block of file) {
      if (block.kind !== KIND.attempted) continue;
      const { count, source, seq, post, isUnlike } = block;
      const pages = states.pagesOf(source);
      for (let index = 0; index < count; index++) {
        const like = seq(index);
        const page = pages[like >>> PAGE_BITS]!;
        const state = page[like & PAGE_MASK]!;
        if ((state & STATE.counted) === 0) continue;
        page[like & PAGE_MASK] = state & ~STATE.counted;
        posts.addCounted(post(index), isUnlike(index));
      }
    }
  }
}
