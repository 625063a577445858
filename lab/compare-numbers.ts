/** The figures of two runs side by side, each with what their repeats allow to say. */
import type { Pair, Subject } from './compare-pairs.ts';
import { METRICS, type Metric } from './metrics.ts';
import {
  type Interval,
  medianInterval,
  RUNS_LEAST,
  ratioOfMedians,
} from './statistics/bootstrap.ts';
import { median, rising } from './statistics/median.ts';
import type { TrialResult } from './trial-result.ts';

export const NUMBER_VERDICTS = ['worse', 'cannot tell', 'better', 'tie'] as const;
export type NumberVerdict = (typeof NUMBER_VERDICTS)[number];

/** The runs of one side whose figure stands; `low` and `high` are an interval or their range. */
export interface SideFigures {
  readonly runs: number;
  /** Runs that this side has, those whose numbers are struck out included. */
  readonly runsOfAll: number;
  readonly median?: number;
  readonly low?: number;
  readonly high?: number;
  readonly bounds?: 'interval' | 'range';
}

export interface ComparedNumber extends Subject {
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
  readonly better: Metric['better'];
  readonly digits: number;
  readonly a: SideFigures;
  readonly b: SideFigures;
  /** Of the medians, from A to B; its interval over runs only where the verdict rests on one. */
  readonly changePercent?: number;
  readonly intervalPercent?: Interval;
  readonly verdict: NumberVerdict;
  /** Worse, and by more than the tolerance. */
  readonly isRegression: boolean;
  /** No regression, and its interval still holds changes for the worse beyond the tolerance. */
  readonly mayHideOne: boolean;
  /** Why it cannot be told, and what would help. */
  readonly why?: string;
}

export interface NumberLimits {
  /** The largest change for the worse that is no regression: 0.05 for 5 %. */
  readonly tolerance: number;
  /** Of the intervals: 0.95 for 95 %. */
  readonly confidence: number;
}

/** A row for each metric that at least one side tells. */
export function compareNumbers(pair: Pair, limits: NumberLimits): ComparedNumber[] {
  return METRICS.flatMap((metric) => {
    const [a, b] = [valuesOf(metric, pair.a), valuesOf(metric, pair.b)];
    return a.length + b.length === 0 ? [] : [rowOf(pair, metric, { a, b }, limits)];
  });
}

function valuesOf({ value }: Metric, results: readonly TrialResult[]): number[] {
  return rising(results.map(value).filter((told) => told !== undefined));
}

const BLIND = { isRegression: false, mayHideOne: true } as const;

function rowOf(
  pair: Pair,
  { name, title, unit, better, digits }: Metric,
  { a, b }: { readonly a: readonly number[]; readonly b: readonly number[] },
  { tolerance, confidence }: NumberLimits,
): ComparedNumber {
  const { broker, tier, trial } = pair;
  const row = {
    ...{ broker, tier, trial, metric: name, title, unit, better, digits },
    a: figuresOf(a, pair.a.length, confidence),
    b: figuresOf(b, pair.b.length, confidence),
  };
  const change = a.length > 0 && b.length > 0 ? median(b) / median(a) - 1 : Number.NaN;
  const told = { ...row, ...(Number.isFinite(change) && { changePercent: change * 100 }) };
  const found = ratioOfMedians(b, a, { confidence });
  if (found === undefined) {
    return { ...told, verdict: 'cannot tell', ...BLIND, why: whyNot(pair, { a, b }) };
  }
  const { ratio, interval, isTie } = found;
  const isWorse = better === 'higher' ? ratio < 1 : ratio > 1;
  const verdict = isTie ? 'tie' : isWorse ? 'worse' : 'better';
  const isRegression = verdict === 'worse' && Math.abs(ratio - 1) > tolerance;
  const worst = better === 'higher' ? 1 - interval.low : interval.high - 1;
  return {
    ...told,
    changePercent: (ratio - 1) * 100,
    intervalPercent: { low: (interval.low - 1) * 100, high: (interval.high - 1) * 100 },
    verdict,
    isRegression,
    mayHideOne: !isRegression && worst > tolerance,
  };
}

function figuresOf(values: readonly number[], runsOfAll: number, confidence: number): SideFigures {
  if (values.length === 0) return { runs: 0, runsOfAll };
  const interval = medianInterval(values, { confidence });
  const { low, high } = interval ?? { low: values[0]!, high: values.at(-1)! };
  const bounds = interval ? 'interval' : 'range';
  return { runs: values.length, runsOfAll, median: median(values), low, high, bounds };
}

/** A figure of 0 has no ratio; all else is a want of runs, or of runs that stand. */
function whyNot(
  pair: Pair,
  values: { readonly a: readonly number[]; readonly b: readonly number[] },
): string {
  const sides = ['a', 'b'] as const;
  if (sides.every((side) => values[side].length >= RUNS_LEAST)) return 'a figure of 0 has no ratio';
  const has = sides.map((side) => {
    const [stand, all] = [values[side].length, pair[side].length];
    return `${side.toUpperCase()} ${stand}${stand < all ? ` standing of ${all}` : ''}`;
  });
  return `needs ${RUNS_LEAST} runs a side, has ${has.join(', ')}`;
}
