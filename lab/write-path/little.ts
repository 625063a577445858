/**
 * Little's law (J. D. C. Little, 1961): the mean number of likes in a hop is the rate at which they
 * come into it times the mean time that each stays, L = λ W, whatever the distributions are.
 *
 * L and λ come from counts that each process keeps of all likes at each step, W from the spans of
 * the traced ones. So where spans are missing, or something is counted twice, they do not agree.
 */
import { mean } from '../statistics/mean.ts';

export interface LittleInput {
  /** Mean number in the hop over the window, from counts. */
  readonly inHop: number;
  /** Likes that came into it in the window, from counts, and how long the window is. */
  readonly likes: number;
  readonly windowS: number;
  /** Of those that came in the window and are traced: how long each was in it, µs. */
  readonly staysUs: readonly number[];
  /** How many traces there should be in the window, by the counts: of every so many likes one. */
  readonly traced: number;
  /** Likes that passed its first and its last step in the whole trial, and how many there were. */
  readonly totals: { readonly into: number; readonly outOf: number; readonly accepted: number };
}

export interface Little {
  readonly inHop: number;
  readonly likesPerS: number;
  readonly meanUs: number;
  /** λ W. */
  readonly product: number;
  /** How far L and λ W may be apart. */
  readonly bound: number;
  readonly spans: number;
  readonly spansExpected: number;
  /** Why it does not hold; empty where it does. */
  readonly problems: readonly string[];
}

/** L and λ W may differ by so much of the larger one. */
export const DIFFERENCE_SHARE_MAX = 0.05;
/** Spans and counts read the clock one after the other; a hop is known no better than this. */
export const READING_US = 20;
/** Where L and λ W may differ by more of the larger one, nothing short of missing spans or counts
 * could fail: the hop is too short for the clock, or chance too large. */
export const TOLD_SHARE_MAX = 0.5;
/** Where not all likes are traced, chance alone moves the mean by so many standard errors. */
const STANDARD_ERRORS = 3;
/** Where chance alone may move W by more, the law could be broken unseen. */
const CHANCE_SHARE_MAX = 0.2;
/** Of the traces that were begun. Of every so many likes one is traced, so at the ends of the
 * window there may be one more or less. */
const SPANS_MISSING_SHARE_MAX = 0.005;
const SPANS_AT_ENDS_MAX = 2;
/** Counts of the same likes at two steps; none may be missing, but a like may come twice. */
const COUNTS_APART_SHARE_MAX = 0.001;

export function checkLittle(input: LittleInput): Little {
  const { inHop, likes, windowS, staysUs, traced } = input;
  const likesPerS = likes / windowS;
  const meanUs = staysUs.length > 0 ? mean(staysUs) : 0;
  const product = (likesPerS * meanUs) / 1e6;
  const isSample = traced < likes * (1 - SPANS_MISSING_SHARE_MAX);
  const errorUs = isSample ? STANDARD_ERRORS * standardErrorOf(staysUs, meanUs) : 0;
  const bound =
    DIFFERENCE_SHARE_MAX * Math.max(Math.abs(inHop), Math.abs(product)) +
    (likesPerS * (READING_US + errorUs)) / 1e6;
  const found = { inHop, likesPerS, meanUs, product, bound };
  return {
    ...found,
    spans: staysUs.length,
    spansExpected: traced,
    problems: [
      ...missing(staysUs.length, traced),
      ...apart(found),
      ...uncertain(meanUs, errorUs, staysUs.length),
      ...miscounted(input.totals),
    ],
  };
}

function apart({ inHop, product, bound }: Pick<Little, 'inHop' | 'product' | 'bound'>): string[] {
  // Also where one of them is no number at all.
  if (Math.abs(inHop - product) <= bound) return [];
  return [
    `${shown(inHop)} likes were in it by counts, ${shown(product)} by λ W; ` +
      `they may differ by ${shown(bound)}`,
  ];
}

function uncertain(meanUs: number, errorUs: number, spans: number): string[] {
  const shareOff = (errorUs - READING_US) / Math.abs(meanUs);
  if (!(shareOff > CHANCE_SHARE_MAX)) return [];
  const percent = Math.round(100 * shareOff);
  return [`${spans} traced likes tell its mean time no better than ${percent} %; trace more`];
}

function missing(spans: number, expected: number): string[] {
  const allowed = Math.max(SPANS_AT_ENDS_MAX, SPANS_MISSING_SHARE_MAX * expected);
  if (expected === 0) return ['no like came into it in the measured time'];
  if (spans > 0 && Math.abs(spans - expected) <= allowed) return [];
  return [`${spans} traced likes passed it, and ${expected} should have`];
}

function miscounted({ into, outOf, accepted }: LittleInput['totals']): string[] {
  const isApart = (count: number) => Math.abs(count - accepted) > COUNTS_APART_SHARE_MAX * accepted;
  if (!isApart(into) && !isApart(outOf)) return [];
  return [`${into} likes were counted into it and ${outOf} out of it, of ${accepted} accepted`];
}

function standardErrorOf(values: readonly number[], middle: number): number {
  if (values.length < 2) return Number.POSITIVE_INFINITY;
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

function shown(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}
