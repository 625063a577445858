/**
 * Steady state is tested, not assumed: whether a figure that is told for a whole trial had a trend
 * while it was measured. Two things must come together: an order of the windows that chance alone
 * gives in one of a hundred trials (lab/statistics/trend.ts), and a size that matters. The windows
 * are long against what makes two likes alike (a batch, a commit, a collection of garbage), so that
 * they are nearly independent; that they are not quite is one more reason to ask for a size.
 *
 * A trend is named and the figure stands. It is struck out when the trial shows no level at all:
 * the figure became worse until the end, to twice (or half) of what it was. That is what a rate
 * above capacity looks like: the backlog, and with it every latency, is as long as the trial.
 */

import { median } from './statistics/median.ts';
import { trendOf } from './statistics/trend.ts';

export const WINDOWS = 10;
/** With fewer windows no order at all is rare enough. */
export const WINDOWS_LEAST = 6;
/** Two-sided error of the test. */
export const TREND_ERROR = 0.01;
/** A change over the trial below this share of the median moves the figure by a tenth at most. */
const CHANGE_SHARE_LEAST = 0.2;
/** All of the last third against the median of the first, when a figure never settles. */
const WORSE_FACTOR = 2;

/** How a series is told, and which of its changes matter. */
export interface SeriesKind {
  readonly figure: string;
  readonly unit: string;
  readonly worse: 'higher' | 'lower';
  /** Changes below this matter to nobody, however large a share they are. */
  readonly changeLeast: number;
  readonly digits: number;
}

export type Steadiness = 'settled' | 'trend named' | 'never settles' | 'too short';

export interface SteadyTest {
  readonly verdict: Steadiness;
  /** Over the whole series, by the Theil-Sen slope, in its unit. Undefined when too short. */
  readonly change?: number;
  /** The same as a share of the median. */
  readonly changeShare?: number;
  /** Of the Mann-Kendall test. */
  readonly probability?: number;
}

/** `values`: the figure in each window, in the order of time. */
export function testSteadiness(values: readonly number[], kind: SeriesKind): SteadyTest {
  const trend = trendOf(values);
  if (trend === undefined || values.length < WINDOWS_LEAST) return { verdict: 'too short' };
  const change = trend.slope * (values.length - 1);
  const middle = median(values);
  const changeShare = middle === 0 ? 0 : change / middle;
  const { probability } = trend;
  const facts = { change, changeShare, probability };
  const isLarge =
    Math.abs(changeShare) >= CHANGE_SHARE_LEAST && Math.abs(change) >= kind.changeLeast;
  if (probability > TREND_ERROR || !isLarge) return { verdict: 'settled', ...facts };
  return { verdict: neverSettles(values, kind) ? 'never settles' : 'trend named', ...facts };
}

/** One line for a reader; undefined where there is nothing to say. */
export function describeSteadiness(
  { verdict, change = 0, changeShare = 0 }: SteadyTest,
  { figure, unit, digits }: SeriesKind,
): string | undefined {
  if (verdict !== 'trend named' && verdict !== 'never settles') return undefined;
  const goes = change > 0 ? 'rises' : 'falls';
  const amount = Math.abs(change).toLocaleString('en-US', { maximumFractionDigits: digits });
  const share = Math.round(Math.abs(changeShare) * 100);
  const size = `by ${amount} ${unit} (${share} % of its median)`;
  if (verdict === 'trend named') return `not steady: ${figure} ${goes} ${size} over the trial`;
  return `never settles: ${figure} ${goes} ${size} until the end of the trial`;
}

/** Worse by a factor, and still becoming worse in the second half. */
function neverSettles(values: readonly number[], { worse }: SeriesKind): boolean {
  const third = Math.floor(values.length / 3);
  const first = median(values.slice(0, third));
  const last = values.slice(-third);
  const isWorse =
    worse === 'higher'
      ? Math.min(...last) >= WORSE_FACTOR * first
      : Math.max(...last) * WORSE_FACTOR <= first;
  if (!isWorse) return false;
  const half = trendOf(values.slice(Math.floor(values.length / 2)))!;
  // In a half of the windows no order is rare, so the size alone is asked for.
  const changeInHalf = half.slope * (values.length / 2);
  const share = changeInHalf / median(values);
  return worse === 'higher' ? share >= CHANGE_SHARE_LEAST : -share >= CHANGE_SHARE_LEAST;
}
