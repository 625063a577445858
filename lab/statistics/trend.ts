/**
 * Whether a short series rises or falls, and by how much, without any guess at how it scatters.
 *
 * Mann-Kendall counts the pairs that rise and those that fall (H. B. Mann, Nonparametric tests
 * against trend, Econometrica 13, 1945; M. G. Kendall, Rank Correlation Methods, 1975). It needs no
 * normal noise, and one wild window moves it little, where it would turn a line by least squares or
 * the mean of a third. The slope beside it is Theil's and Sen's: the
 * median of the slopes of all pairs (P. K. Sen, JASA 63, 1968), of which 29 % may be wild.
 */
import { median } from './median.ts';

export interface Trend {
  /** Rising pairs minus falling ones. */
  readonly pairs: number;
  /** Chance of as many or more in either direction when the order of the values is mere chance. */
  readonly probability: number;
  /** Change from one value to the next. */
  readonly slope: number;
}

/** Undefined for fewer than two values. */
export function trendOf(values: readonly number[]): Trend | undefined {
  if (values.length < 2) return undefined;
  const slopes: number[] = [];
  let pairs = 0;
  for (const [from, earlier] of values.entries()) {
    for (let to = from + 1; to < values.length; to++) {
      const change = values[to]! - earlier;
      pairs += Math.sign(change);
      slopes.push(change / (to - from));
    }
  }
  return { pairs, probability: bothTails(values.length, Math.abs(pairs)), slope: median(slopes) };
}

/**
 * The exact chance, for values that all differ. Equal ones narrow the true distribution, so that
 * this is above the true chance then: on the safe side.
 */
function bothTails(count: number, pairs: number): number {
  if (pairs === 0) return 1;
  const most = (count * (count - 1)) / 2;
  // `pairs` or more rise more than fall when at most so many pairs fall.
  const fallingMost = Math.floor((most - pairs) / 2);
  let oneTail = 0;
  for (const chance of chancesOfFalling(count).slice(0, fallingMost + 1)) oneTail += chance;
  return Math.min(1, 2 * oneTail);
}

/**
 * Entry f: the share of all orders of `count` values in which f pairs fall. The n-th value falls
 * below 0 to n - 1 of those before it, each equally often.
 */
function chancesOfFalling(count: number): number[] {
  let chances = [1];
  for (let values = 2; values <= count; values++) {
    const next = new Array<number>(chances.length + values - 1).fill(0);
    let sum = 0;
    for (let falling = 0; falling < next.length; falling++) {
      sum += chances[falling] ?? 0;
      if (falling >= values) sum -= chances[falling - values] ?? 0;
      next[falling] = sum / values;
    }
    chances = next;
  }
  return chances;
}
