/**
 * Likes that are due and not yet visible, over the measured part of an open-loop trial, from its
 * records; and whether they become more and more. The whole way counts, the producer's own waiting
 * likes included: a queue that takes no more likes is as far behind as one that hands out none.
 *
 * The trend is the slope of Theil and Sen: the median of the slopes between all pairs of samples
 * (P. K. Sen, JASA 63, 1968). One pause of the machine, which bends a least-squares line, leaves it
 * alone. The backlog grows when that line rises
 * - by 2 % of the offered rate or more, and
 * - over the measured part by more than the samples scatter about it (twice their median distance)
 *   and by ten likes at least.
 */
import { KIND } from './record-format.ts';
import { readMerged } from './record-reader.ts';
import { median } from './statistics/median.ts';
import { trendOf as seriesTrend } from './statistics/trend.ts';

/** Samples over the measured part, at equal distances. */
const SAMPLES = 60;
const GROWTH_SHARE_MAX = 0.02;
const SCATTERS_LEAST = 2;
const RISE_LIKES_LEAST = 10;

export interface Backlogs {
  /** From the end of the warm-up on, one sample in so many ms. */
  readonly everyMs: number;
  /** Due and not yet visible. */
  readonly likes: readonly number[];
  /** Of the trend; below 0 when it shrinks. */
  readonly growthLikesPerS: number;
  readonly grows: boolean;
}

/**
 * `likesPerS`: what was offered; likes due in the first `warmUpS` are part of the backlog, but it
 * is not looked at before they are over. Undefined when nothing is due after the warm-up.
 */
export function measureBacklog(input: {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  readonly likesPerS: number;
  readonly warmUpS: number;
}): Backlogs | undefined {
  const dueUs = readDue(input.producerRecords);
  const firstUs = dueUs[0];
  const lastUs = dueUs.at(-1);
  if (firstUs === undefined || lastUs === undefined) return undefined;
  const startUs = firstUs + input.warmUpS * 1e6;
  const everyUs = (lastUs - startUs) / SAMPLES;
  if (everyUs <= 0) return undefined;
  const changes = new Array<number>(SAMPLES + 1).fill(0);
  const add = (us: number, likes: number) => {
    const place = Math.max(0, Math.ceil((us - startUs) / everyUs));
    if (place <= SAMPLES) changes[place]! += likes;
  };
  for (const us of dueUs) add(us, 1);
  readVisible(input.consumerRecords, (us, likes) => add(us, -likes));
  let sum = 0;
  const likes = changes.map((change) => (sum += change));
  return { everyMs: everyUs / 1000, likes, ...trendOf(likes, everyUs / 1e6, input.likesPerS) };
}

/** Of samples at equal distances. @param likesPerS what was offered meanwhile */
export function trendOf(
  likes: readonly number[],
  everyS: number,
  likesPerS: number,
): Pick<Backlogs, 'growthLikesPerS' | 'grows'> {
  const slope = seriesTrend(likes)?.slope;
  if (slope === undefined) return { growthLikesPerS: 0, grows: false };
  const level = median(likes.map((sample, place) => sample - slope * place));
  const scatter = median(likes.map((sample, place) => Math.abs(sample - slope * place - level)));
  const growthLikesPerS = slope / everyS;
  const rise = slope * (likes.length - 1);
  const grows =
    growthLikesPerS >= GROWTH_SHARE_MAX * likesPerS &&
    rise > SCATTERS_LEAST * scatter &&
    rise >= RISE_LIKES_LEAST;
  return { growthLikesPerS, grows };
}

/** Of each like once, in rising order: a client's retry comes with a seq that was there before. */
function readDue(paths: readonly string[]): number[] {
  const newest = new Map<number, number>();
  const due: number[] = [];
  for (const block of readMerged(paths)) {
    if (block.kind !== KIND.attempted) continue;
    for (let index = 0; index < block.count; index++) {
      const seq = block.seq(index);
      if (seq <= (newest.get(block.source) ?? -1)) continue;
      newest.set(block.source, seq);
      due.push(block.timeUs - block.lateUs(index));
    }
  }
  return due.sort((a, b) => a - b);
}

function readVisible(paths: readonly string[], add: (us: number, likes: number) => void): void {
  for (const block of readMerged(paths)) {
    if (block.kind === KIND.fresh) add(block.timeUs, block.count);
  }
}
