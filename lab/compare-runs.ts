/**
 * Two runs against each other: promises first, figures second, and what makes it unfair. Knows the
 * results only, so that the same two runs always compare in the same way.
 */
import { type Warning, warningsOf } from './compare-fairness.ts';
import {
  type ComparedNumber,
  compareNumbers,
  NUMBER_VERDICTS,
  type NumberLimits,
} from './compare-numbers.ts';
import { type Lone, pairTrials } from './compare-pairs.ts';
import { type ComparedPromises, comparePromises, PROMISE_OUTCOMES } from './compare-promises.ts';
import { LabError } from './lab-error.ts';
import type { Run, RunIndex } from './result-files.ts';
import { RUNS_LEAST } from './statistics/bootstrap.ts';
import type { TrialResult } from './trial-result.ts';

/** Runs that are named when two of them have nothing in common. */
const TRIALS_NAMED_MAX = 3;

export interface Comparison {
  readonly a: Run;
  readonly b: Run;
  readonly limits: NumberLimits;
  readonly warnings: readonly Warning[];
  /** Trials that kept their promises and whose numbers do not stand, with the reasons. */
  readonly struck: readonly string[];
  /** What matters most first, both of them. */
  readonly promises: readonly ComparedPromises[];
  readonly numbers: readonly ComparedNumber[];
  readonly onlyInA: readonly Lone[];
  readonly onlyInB: readonly Lone[];
  /** `blind`: no regression was found, and something that had to be told could not be. */
  readonly outcome: 'regression' | 'blind' | 'no regression';
  /** Why the comparison must not pass for a clean one. */
  readonly blind: readonly string[];
  /** Figures with a verdict, and how many of those are at most called worse by chance alone. */
  readonly numbersTold: number;
  readonly falseAlarmsMax: number;
}

/** @throws LabError USAGE when a run holds no trial, or the two have none in common. */
export function compareRuns(a: Run, b: Run, limits: NumberLimits): Comparison {
  for (const { index, results } of [a, b]) {
    if (results.length > 0) continue;
    throw new LabError('USAGE', `run ${index.run} holds no trial; name one that was finished`);
  }
  const { pairs, onlyInA, onlyInB } = pairTrials(a.results, b.results);
  if (pairs.length === 0) throw nothingInCommon(a.index, onlyInA, b.index, onlyInB);
  const promises = pairs.map(comparePromises).filter((row) => row !== undefined);
  const numbers = pairs.flatMap((pair) => compareNumbers(pair, limits));
  const numbersTold = numbers.filter(({ verdict }) => verdict !== 'cannot tell').length;
  const blind = [
    ...whyPromisesBlind(promises),
    ...whyNumbersBlind(numbers, numbersTold),
    ...whyUnfinishedBlind(b.index, onlyInA),
  ];
  const isRegression =
    promises.some(({ outcome }) => outcome === 'newly broken') ||
    numbers.some((row) => row.isRegression);
  return {
    ...{ a, b, limits, onlyInA, onlyInB, blind, numbersTold },
    warnings: warningsOf(a, b, pairs),
    struck: pairs.flatMap((pair) => [...struckIn('A', pair.a), ...struckIn('B', pair.b)]),
    promises: promises.sort(
      (one, other) =>
        PROMISE_OUTCOMES.indexOf(one.outcome) - PROMISE_OUTCOMES.indexOf(other.outcome),
    ),
    numbers: numbers.sort(byWeight),
    outcome: isRegression ? 'regression' : blind.length > 0 ? 'blind' : 'no regression',
    // An interval errs to either side; only one of them is an alarm.
    falseAlarmsMax: (numbersTold * (1 - limits.confidence)) / 2,
  };
}

function struckIn(side: string, results: readonly TrialResult[]): string[] {
  return results
    .filter(({ verdict, numbersValid }) => verdict === 'pass' && !numbersValid)
    .map(({ trial, numbersStruck }) => `${side} ${trial}: ${numbersStruck.join('; ')}`);
}

/** Regressions, then by verdict, then by the size of the change. */
function byWeight(one: ComparedNumber, other: ComparedNumber): number {
  const size = ({ changePercent }: ComparedNumber) => Math.abs(changePercent ?? 0);
  return (
    Number(other.isRegression) - Number(one.isRegression) ||
    NUMBER_VERDICTS.indexOf(one.verdict) - NUMBER_VERDICTS.indexOf(other.verdict) ||
    size(other) - size(one)
  );
}

/** What A could judge and B could not may hide a broken promise. */
function whyPromisesBlind(promises: readonly ComparedPromises[]): string[] {
  if (promises.every(({ outcome }) => outcome === 'cannot tell')) {
    return ['no trial could be judged on both sides; run again those that could not'];
  }
  return promises
    .filter(({ outcome, a }) => outcome === 'cannot tell' && a.pass + a.fail > 0)
    .map(
      ({ broker, tier, trial, evidence }) =>
        `${broker} at ${tier}, ${trial}, was judged in A: ${evidence.join('; ')}`,
    );
}

function whyNumbersBlind(numbers: readonly ComparedNumber[], told: number): string[] {
  if (numbers.length === 0 || told > 0) return [];
  const rows = numbers.length === 1 ? 'the one figure' : `any of the ${numbers.length} figures`;
  return [
    `nothing can be told of ${rows} (the first ${numbers[0]!.why}); run both sides with ` +
      `--repeats ${RUNS_LEAST} or more`,
  ];
}

function whyUnfinishedBlind({ complete, run }: RunIndex, onlyInA: readonly Lone[]): string[] {
  if (complete || onlyInA.length === 0) return [];
  return [`B (${run}) was not finished, and lacks ${onlyInA.length} of what A has; finish it`];
}

function nothingInCommon(
  a: RunIndex,
  ofA: readonly Lone[],
  b: RunIndex,
  ofB: readonly Lone[],
): LabError {
  const some = (lone: readonly Lone[]) =>
    [
      ...lone
        .slice(0, TRIALS_NAMED_MAX)
        .map(({ broker, tier, trial }) => `${broker} ${tier} ${trial}`),
      ...(lone.length > TRIALS_NAMED_MAX ? [`${lone.length - TRIALS_NAMED_MAX} more`] : []),
    ].join(' · ');
  return new LabError(
    'USAGE',
    `${a.run} and ${b.run} have no trial in common: the one has ${some(ofA)}; the other has ` +
      `${some(ofB)}; compare runs of the same command`,
  );
}
