/** What the report shows: which trials stand for each experiment, and how to find each of them. */
import { posix } from 'node:path';
import type { ChosenRows, LocatedRun } from '../lab/choose-rows.ts';
import type { Experiment } from '../lab/experiment.ts';
import { DIRECT } from '../lab/path-plan.ts';
import { noiseIn } from '../lab/report-comparisons.ts';
import type { RunIndex } from '../lab/result-files.ts';
import { chosenParts } from '../lab/shown-rows.ts';
import type { Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** Trials that stand in the tables of an experiment: of the newest run with such a row. */
export interface Shown {
  readonly experiment: Experiment;
  readonly results: readonly TrialResult[];
  /** The same, run by run: only trials of one run are compared. */
  readonly parts: readonly ChosenRows[];
}

export interface TrialFacts {
  readonly result: TrialResult;
  readonly index: RunIndex;
  /** Of its file, relative to results/. */
  readonly path: string;
}

export interface ReportData {
  readonly shown: readonly Shown[];
  /** Of every trial that is shown, by its anchor. */
  readonly trials: ReadonlyMap<string, TrialFacts>;
  /** Trials of these runs that broke a promise and stand in no table, the newest first. */
  readonly replaced: readonly TrialFacts[];
  /** Undefined where no broker ran under two names. */
  readonly noise: Noise | undefined;
}

/** Of the newest run in which a broker ran along under another name. */
export interface Noise {
  readonly located: LocatedRun;
  readonly table: Table;
}

/**
 * Unique in the page and the same each time it is made: the run's second, written short since it
 * stands in the page thousands of times, and its own four letters. A run's trials are numbered.
 */
export function anchorOf({ run, trial }: TrialResult): string {
  const number = /^\d+/.exec(trial)?.[0] ?? trial;
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-(\w+)$/.exec(run);
  if (parts === null) return `trial-${run}-${number}`.replaceAll(/[^\w-]/g, '-');
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const startMs = Date.UTC(year!, month! - 1, day, hour, minute, second);
  return `t${(startMs / 1_000).toString(36)}-${parts[7]}-${number}`;
}

export function gather(
  experiments: readonly Experiment[],
  runs: readonly LocatedRun[],
): ReportData {
  const shown = experiments
    .map((experiment): Shown => {
      const parts = chosenParts(experiment, runs);
      return { experiment, parts, results: parts.flatMap(({ results }) => results) };
    })
    .filter(({ results }) => results.length > 0);
  const noise = noiseOf(experiments, runs);
  const twins = noise?.located.run.results.filter(({ alias }) => alias !== undefined) ?? [];
  const listed = [...shown.flatMap(({ results }) => results), ...twins];
  const anchors = new Set(listed.map(anchorOf));
  const trials = new Map<string, TrialFacts>();
  const replaced: TrialFacts[] = [];
  for (const { run, indexPath } of runs) {
    for (const [place, result] of run.results.entries()) {
      const anchor = anchorOf(result);
      const path = posix.join(posix.dirname(indexPath), run.index.trials[place]!);
      const facts = { result, index: run.index, path };
      if (anchors.has(anchor) && !trials.has(anchor)) trials.set(anchor, facts);
      if (!anchors.has(anchor) && result.verdict === 'fail') replaced.push(facts);
    }
  }
  return { shown, trials, replaced, noise };
}

function noiseOf(
  experiments: readonly Experiment[],
  runs: readonly LocatedRun[],
): Noise | undefined {
  for (const located of runs) {
    const table = noiseIn(experiments, located.run.results);
    if (table !== undefined) return { located, table };
  }
  return undefined;
}

/** Newer trials of the same, which stand in the tables where this one does not. */
export function successorsOf(old: TrialResult, { trials }: ReportData): readonly TrialResult[] {
  const keyOf = ({ experiment, broker, tier, faults }: TrialResult) =>
    [experiment, broker, tier, faults?.name].join(' ');
  return [...trials.values()]
    .map(({ result }) => result)
    .filter((one) => one.run > old.run && keyOf(one) === keyOf(old));
}

/** The trials of the experiment with this name; empty when none of them is shown. */
export function resultsOf(data: ReportData, ...names: readonly string[]): readonly TrialResult[] {
  return data.shown
    .filter(({ experiment }) => names.includes(experiment.name))
    .flatMap(({ results }) => results);
}

/**
 * Points of a curve of latency against load: no step of a search, nothing at saturation, where a
 * latency says how long a queue has become; and of each point the newest run and one experiment,
 * since runs of different days are no repeats of each other.
 */
export function pointsOf(data: ReportData): readonly TrialResult[] {
  const paced = resultsOf(data, 'capacity-curve', 'latency').filter(
    ({ plan, capacity }) =>
      plan.mode === 'paced' && (capacity === undefined || (capacity.point?.share ?? 1) < 1),
  );
  const keyOf = ({ broker, tier, plan }: TrialResult) =>
    `${broker} ${tier} ${plan.pace ?? plan.likesPerS}`;
  return [...Map.groupBy(paced, keyOf).values()].flatMap((group) => {
    const newest = group.reduce((one, other) => (other.run > one.run ? other : one));
    const { run, experiment } = newest;
    return group.filter((one) => one.run === run && one.experiment === experiment);
  });
}

/**
 * The run's own command, narrowed to what this trial needs; its other flags stay. What is written
 * directly is of no broker, so there the run's own brokers and tiers stay as well.
 */
export function commandOf({ result, index }: TrialFacts): string {
  const [head, tail = ''] = splitOnce(index.command, ' -- ');
  const words = tail.split(' ').slice(1);
  const { experiment, broker, tier, faults, plan } = result;
  const isDirect = broker === DIRECT;
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const isKept = isDirect && OF_BROKERS.has(words[at]!);
    if (NARROWED.has(words[at]!) && !isKept) at++;
    else kept.push(words[at]!);
  }
  return [
    `${head} -- ${experiment}`,
    ...(isDirect ? [] : [`--brokers ${broker} --tier ${tier}`]),
    ...(faults === undefined || plan.path !== undefined ? [] : [`--faults ${faults.name}`]),
    ...(kept.includes('--profile') || index.profile === 'quick'
      ? []
      : [`--profile ${index.profile}`]),
    ...kept,
  ].join(' ');
}

/** Flags with a value that a trial's command says anew. */
const OF_BROKERS: ReadonlySet<string> = new Set(['--brokers', '--tier']);
const NARROWED = new Set(['--brokers', '--tier', '--faults', '--resume', '--out']);

function splitOnce(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + by.length)];
}
