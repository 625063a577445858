/** A figure of several runs, for the sentences of an experiment. */
import { median } from '../lab/statistics/median.ts';
import type { TrialResult } from '../lab/trial-result.ts';

export type Figure = (result: TrialResult) => number | undefined;

/** The median over the runs whose numbers stand; undefined without any. */
export function standingMedian(
  results: readonly TrialResult[],
  figure: Figure,
): number | undefined {
  const found = results
    .filter(({ verdict, numbersValid }) => verdict === 'pass' && numbersValid)
    .flatMap((result) => figure(result) ?? []);
  return found.length === 0 ? undefined : median(found);
}
