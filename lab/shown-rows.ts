/** Which trials stand in the tables of an experiment, and which run speaks for each row. */
import { type ChosenRows, chooseRows, type LocatedRun } from './choose-rows.ts';
import { withoutTwins } from './comparison.ts';
import type { Experiment } from './experiment.ts';
import { describeStore } from './store-plan.ts';
import type { TrialResult } from './trial-result.ts';

export const subjectOf = ({ broker, tier, plan }: TrialResult) =>
  `${broker} ${tier} ${describeStore(plan.store) ?? ''}`;

/** The results that stand in the table of an experiment. */
export function shownOf(experiment: Experiment, results: readonly TrialResult[]): TrialResult[] {
  return (experiment.showsTwins ? results : withoutTwins(results)).filter(
    (result) => result.experiment === experiment.name && (experiment.shows?.(result) ?? true),
  );
}

/** Row by row, or where rows do not stand alone broker by broker and tier by tier. */
export function chosenParts(experiment: Experiment, runs: readonly LocatedRun[]): ChosenRows[] {
  const keyOf = experiment.rowsStandAlone
    ? (result: TrialResult) => JSON.stringify(experiment.rowKey(result))
    : subjectOf;
  const isYardstick = (result: TrialResult) => experiment.isYardstick?.(result) ?? false;
  const rowsOf = (own: readonly TrialResult[]) =>
    shownOf(experiment, own).filter((result) => !isYardstick(result));
  const chosen = chooseRows(runs, rowsOf, keyOf, experiment.outweighs);
  return chosen.map(({ located, results }) => {
    const yardsticks = shownOf(experiment, located.run.results).filter(isYardstick);
    return { located, results: [...results, ...yardsticks] };
  });
}
