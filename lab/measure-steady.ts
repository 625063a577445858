/**
 * The windows of a trial in which its figure is looked at for a trend: tenths of what is measured
 * after the warm-up. Paced trials: latencies by the time at which likes were due. Closed loop:
 * rates of what was acknowledged, and of what was counted.
 */
import { LatencyRecorder } from './latency-histogram.ts';
import { type LikeTimes, readLikeTimes } from './measure-latency.ts';
import { WARM_UP_SHARE } from './measure-rates.ts';
import { KIND, type Kind } from './record-format.ts';
import { readMerged } from './record-reader.ts';
import {
  describeSteadiness,
  type SeriesKind,
  type SteadyTest,
  testSteadiness,
  WINDOWS,
} from './steady-state.ts';
import type { TrialMode } from './trial-plan.ts';

/** A figure of the trial in each of its windows, and what the test says of it. */
export interface SteadySeries extends SteadyTest {
  readonly figure: string;
  readonly unit: string;
  readonly windowS: number;
  /** Of latencies the median, of rates likes per second. */
  readonly values: readonly number[];
  /** Latencies only, in the same unit. */
  readonly p99?: readonly number[];
  readonly samples?: readonly number[];
}

export interface SteadyInput {
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  readonly mode: TrialMode;
  readonly likes: number;
  /** Paced trials: likes due in this time after the first are not measured. */
  readonly warmUpS: number;
}

/** A median of fewer likes says nothing of its window. */
const SAMPLES_LEAST = 5;
/** Nothing below this is told apart in a latency: Node's timers tick in ms. */
const LATENCY: SeriesKind = {
  ...{ figure: 'p50 latency', unit: 'ms', worse: 'higher', changeLeast: 1, digits: 1 },
};
const rateOf = (figure: string): SeriesKind => {
  return { figure, unit: 'likes/s', worse: 'lower', changeLeast: 1, digits: 0 };
};
const PUBLISHED = rateOf('published rate');
const COUNTED = rateOf('counted rate');
const KINDS = [LATENCY, PUBLISHED, COUNTED];

/** Times of blocks are kept in steps of this long: enough for the shortest trial. */
const STEP_US = 5_000;

/** Empty for trials that something is done to: nobody expects them to be steady. */
export function measureSteady(input: SteadyInput): SteadySeries[] {
  const { mode } = input;
  if (mode === 'crash' || mode === 'faults') return [];
  // One asks what changes when a post gets hot, one measures those who read, one those who ask.
  if (mode === 'hot-spot' || mode === 'reads' || mode === 'path') return [];
  if (mode === 'paced') {
    const series = latencySeries(readLikeTimes(input), input.warmUpS * 1e6);
    return series ? [series] : [];
  }
  const published = rateSeries(input.producerRecords, KIND.ok, PUBLISHED);
  const counted = rateSeries(input.consumerRecords, KIND.fresh, COUNTED);
  // With both sides at work one rate follows the other, and the counted one is the figure.
  const all = mode === 'sustained' ? [counted] : [published, counted];
  return all.filter((series) => series !== undefined);
}

/** What strikes the numbers out, and what a reader should know of them. */
export function doubtsOfSteady(all: readonly SteadySeries[]): {
  doubts: string[];
  notes: string[];
} {
  const told = (verdict: SteadyTest['verdict']) =>
    all
      .filter((series) => series.verdict === verdict)
      .map((series) => describeSteadiness(series, kindOf(series))!);
  return { doubts: told('never settles'), notes: told('trend named') };
}

function kindOf({ figure }: SteadySeries): SeriesKind {
  return KINDS.find((kind) => kind.figure === figure)!;
}

/** Undefined when nothing was due after the warm-up. */
function latencySeries(
  { due, visible, size }: LikeTimes,
  warmUpUs: number,
): SteadySeries | undefined {
  const fromUs = due[0]! + warmUpUs;
  const toUs = due.subarray(0, size).reduce((latest, us) => Math.max(latest, us), 0);
  if (!(toUs > fromUs)) return undefined;
  const windowUs = (toUs - fromUs) / WINDOWS;
  const recorders = Array.from({ length: WINDOWS }, () => new LatencyRecorder());
  for (let place = 0; place < size; place++) {
    const latencyUs = visible[place]! - due[place]!;
    if (due[place]! < fromUs || Number.isNaN(latencyUs)) continue;
    const window = Math.min(WINDOWS - 1, Math.floor((due[place]! - fromUs) / windowUs));
    recorders[window]!.record(latencyUs);
  }
  const summaries = recorders.map((recorder) => recorder.summary());
  const samples = summaries.map((summary) => summary?.samples ?? 0);
  const values = summaries.map((summary) => (summary?.p50Us ?? 0) / 1000);
  const isTold = samples.every((count) => count >= SAMPLES_LEAST);
  return {
    ...testSteadiness(isTold ? values : [], LATENCY),
    ...{ figure: LATENCY.figure, unit: LATENCY.unit, windowS: windowUs / 1e6, values, samples },
    p99: summaries.map((summary) => (summary?.p99Us ?? 0) / 1000),
  };
}

/** Undefined when there is nothing after the warm-up, which is the first tenth of the entries. */
function rateSeries(
  paths: readonly string[],
  kind: Kind,
  series: SeriesKind,
): SteadySeries | undefined {
  const steps = stepsOf(paths, kind);
  const total = steps.reduce((sum, count) => sum + count, 0);
  let warm = 0;
  const first = steps.findIndex((count) => {
    warm += count;
    return warm >= WARM_UP_SHARE * total;
  });
  // The step in which the warm-up ends is left out, and so is the last one, which is not full.
  const measured = steps.slice(first + 1, -1);
  const width = Math.floor(measured.length / WINDOWS);
  if (width === 0) return undefined;
  const windowS = (width * STEP_US) / 1e6;
  const values = Array.from({ length: WINDOWS }, (_, window) => {
    const counts = measured.slice(window * width, (window + 1) * width);
    return counts.reduce((sum, count) => sum + count, 0) / windowS;
  });
  const { figure, unit } = series;
  return { ...testSteadiness(values, series), figure, unit, windowS, values };
}

/** Entries of a kind in each step of time since the first of them. */
function stepsOf(paths: readonly string[], kind: Kind): number[] {
  const steps: number[] = [];
  let firstUs: number | undefined;
  for (const block of readMerged(paths)) {
    if (block.kind !== kind) continue;
    firstUs ??= block.timeUs;
    const step = Math.floor((block.timeUs - firstUs) / STEP_US);
    while (steps.length <= step) steps.push(0);
    steps[step]! += block.count;
  }
  return steps;
}
