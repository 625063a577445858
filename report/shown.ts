/** What the report shows: which trials stand for each experiment, and how to find each of them. */
import { posix } from 'node:path';
import type { LocatedRun } from '../lab/choose-rows.ts';
import type { Experiment } from '../lab/experiment.ts';
import type { RunIndex } from '../lab/result-files.ts';
import { chosenOf } from '../lab/shown-rows.ts';
import type { TrialResult } from '../lab/trial-result.ts';

/** Trials that stand in the tables of an experiment: of the newest run with such a row. */
export interface Shown {
  readonly experiment: Experiment;
  readonly results: readonly TrialResult[];
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
}

/** Unique in the page and the same each time it is made. */
export function anchorOf({ run, trial }: TrialResult): string {
  return `trial-${run}-${trial}`.replaceAll(/[^\w-]/g, '-');
}

export function gather(
  experiments: readonly Experiment[],
  runs: readonly LocatedRun[],
): ReportData {
  const shown = experiments
    .map((experiment) => ({ experiment, results: chosenOf(experiment, runs) }))
    .filter(({ results }) => results.length > 0);
  const anchors = new Set(shown.flatMap(({ results }) => results.map(anchorOf)));
  const trials = new Map<string, TrialFacts>();
  for (const { run, indexPath } of runs) {
    for (const [place, result] of run.results.entries()) {
      const anchor = anchorOf(result);
      if (!anchors.has(anchor) || trials.has(anchor)) continue;
      const path = posix.join(posix.dirname(indexPath), run.index.trials[place]!);
      trials.set(anchor, { result, index: run.index, path });
    }
  }
  return { shown, trials };
}

/** The trials of the experiment with this name; empty when none of them is shown. */
export function resultsOf(data: ReportData, ...names: readonly string[]): readonly TrialResult[] {
  return data.shown
    .filter(({ experiment }) => names.includes(experiment.name))
    .flatMap(({ results }) => results);
}

/** The run's own command, narrowed to what this trial needs; its other flags stay. */
export function commandOf({ result, index }: TrialFacts): string {
  const [head, tail = ''] = splitOnce(index.command, ' -- ');
  const words = tail.split(' ').slice(1);
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    if (NARROWED.has(words[at]!)) at++;
    else kept.push(words[at]!);
  }
  const { experiment, broker, tier, faults } = result;
  return [
    `${head} -- ${experiment} --brokers ${broker} --tier ${tier}`,
    ...(faults === undefined ? [] : [`--faults ${faults.name}`]),
    ...(kept.includes('--profile') || index.profile === 'quick'
      ? []
      : [`--profile ${index.profile}`]),
    ...kept,
  ].join(' ');
}

/** Flags with a value that a trial's command says anew. */
const NARROWED = new Set(['--brokers', '--tier', '--faults', '--resume', '--out']);

function splitOnce(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + by.length)];
}
