/** Rates of a trial, from its records alone. Warm-up is in neither numerator nor denominator. */
import { KIND } from './record-format.ts';
import { type RecordBlock, readMerged } from './record-reader.ts';

/** Likes that warm the system up before anything is measured, as a share of the workload. */
export const WARM_UP_SHARE = 0.1;

export interface Rates {
  /** Acknowledged sends per second, clients' retries included, from first sent to last answer. */
  readonly publishedLikesPerS: number | undefined;
  /** Likes counted per second while a full backlog is worked off. */
  readonly countedLikesPerS: number | undefined;
  /** Likes counted per second from first sent to last counted, with both sides at work. */
  readonly sustainedLikesPerS: number | undefined;
  /** From the last acknowledgement to the last count, s. Not part of a sustained rate's end. */
  readonly drainS: number | undefined;
  /** Acknowledged and counted in each full second since the first send, warm-up included. */
  readonly publishedPerSecond: readonly number[];
  readonly countedPerSecond: readonly number[];
}

export interface RateInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  /** Distinct likes of the workload: seqs below the warm-up share of it are not measured. */
  readonly likes: number;
  /** Whether the consumers were at work while likes were sent. */
  readonly together: boolean;
}

export function measureRates(input: RateInput): Rates {
  const warmSeqs = Math.floor(input.likes * WARM_UP_SHARE);
  const sends = sumSends(readMerged(input.producerRecords), warmSeqs);
  const counts = sumCounts(readMerged(input.consumerRecords), warmSeqs, sends.firstUs);
  return {
    publishedLikesPerS: perSecond(sends.okWarm, sends.firstWarmUs, sends.lastOkUs),
    countedLikesPerS: input.together
      ? undefined
      : perSecond(counts.afterWarm, counts.warmUs, counts.lastUs),
    sustainedLikesPerS: input.together
      ? perSecond(counts.warm, sends.firstWarmUs, counts.lastUs)
      : undefined,
    drainS:
      counts.lastUs === undefined || sends.lastOkUs === undefined
        ? undefined
        : (counts.lastUs - sends.lastOkUs) / 1e6,
    publishedPerSecond: [...sends.perSecond],
    countedPerSecond: [...counts.perSecond],
  };
}

function perSecond(
  likes: number,
  fromUs: number | undefined,
  toUs: number | undefined,
): number | undefined {
  if (fromUs === undefined || toUs === undefined || toUs <= fromUs || likes === 0) return undefined;
  return (likes * 1e6) / (toUs - fromUs);
}

/** How many entries of a block are past the warm-up. */
function warmCount({ count, seq }: RecordBlock, warmSeqs: number): number {
  // The usual block is wholly on one side; its seqs rise, but for a few retries.
  let warm = 0;
  for (let index = 0; index < count; index++) if (seq(index) >= warmSeqs) warm++;
  return warm;
}

function addAt(perSecondCounts: number[], second: number, count: number): void {
  while (perSecondCounts.length <= second) perSecondCounts.push(0);
  perSecondCounts[second]! += count;
}

function sumSends(blocks: Iterable<RecordBlock>, warmSeqs: number) {
  const sums = {
    okWarm: 0,
    firstUs: undefined as number | undefined,
    firstWarmUs: undefined as number | undefined,
    lastOkUs: undefined as number | undefined,
    perSecond: [] as number[],
  };
  for (const block of blocks) {
    if (block.kind === KIND.attempted) {
      sums.firstUs ??= block.timeUs;
      // A send on both sides of the border counts with its warm likes, so the clock starts with it.
      if (sums.firstWarmUs === undefined && warmCount(block, warmSeqs) > 0) {
        sums.firstWarmUs = block.timeUs;
      }
    } else if (block.kind === KIND.ok) {
      sums.okWarm += warmCount(block, warmSeqs);
      sums.lastOkUs = block.timeUs;
      addAt(sums.perSecond, Math.floor((block.timeUs - sums.firstUs!) / 1e6), block.count);
    }
  }
  return sums;
}

function sumCounts(blocks: Iterable<RecordBlock>, warmSeqs: number, firstUs: number | undefined) {
  const sums = {
    total: 0,
    /** Of likes past the warm-up, by their seq: for the rate of both sides together. */
    warm: 0,
    /** Counted after the first `warmSeqs` were counted, whichever: for the rate of a backlog. */
    afterWarm: 0,
    warmUs: undefined as number | undefined,
    lastUs: undefined as number | undefined,
    perSecond: [] as number[],
  };
  for (const block of blocks) {
    if (block.kind !== KIND.fresh) continue;
    sums.total += block.count;
    sums.warm += warmCount(block, warmSeqs);
    if (sums.warmUs !== undefined) sums.afterWarm += block.count;
    else if (sums.total >= warmSeqs) sums.warmUs = block.timeUs;
    sums.lastUs = block.timeUs;
    const second = Math.max(0, Math.floor((block.timeUs - (firstUs ?? block.timeUs)) / 1e6));
    addAt(sums.perSecond, second, block.count);
  }
  return sums;
}

/** As a result keeps them: lists that may be written to. */
export function copyLists(rates: {
  publishedPerSecond: readonly number[];
  countedPerSecond: readonly number[];
}) {
  return {
    publishedPerSecond: [...rates.publishedPerSecond],
    countedPerSecond: [...rates.countedPerSecond],
  };
}
