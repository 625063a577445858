/** Which run speaks for a row, where several have it. */
import { markLabBound } from './lab-bound.ts';
import type { Run } from './result-files.ts';
import type { TrialResult } from './trial-result.ts';

/** A run and where its index is, relative to the page. */
export interface LocatedRun {
  readonly run: Run;
  readonly indexPath: string;
}

/** Rows that are shown, all of one run. */
export interface ChosenRows {
  readonly located: LocatedRun;
  readonly results: readonly TrialResult[];
}

/**
 * For each row the results of one run: the newest that has it, or an older one that outweighs it.
 * `runs`: the newest first. Runs none of whose rows are chosen are left out.
 */
export function chooseRows(
  runs: readonly LocatedRun[],
  pick: (results: readonly TrialResult[]) => readonly TrialResult[],
  keyOf: (result: TrialResult) => string,
  outweighs: (older: readonly TrialResult[], newer: readonly TrialResult[]) => boolean = () =>
    false,
): ChosenRows[] {
  const picked = runs.map(({ run }) => pick(markLabBound(run.results)));
  const speakers = new Map<string, { place: number; results: readonly TrialResult[] }>();
  for (const [place, results] of picked.entries()) {
    for (const [key, own] of Map.groupBy(results, keyOf)) {
      const newer = speakers.get(key);
      if (newer === undefined || outweighs(own, newer.results)) {
        speakers.set(key, { place, results: own });
      }
    }
  }
  return runs
    .map((located, place) => {
      const isShown = (result: TrialResult) => speakers.get(keyOf(result))?.place === place;
      return { located, results: picked[place]!.filter(isShown) };
    })
    .filter(({ results }) => results.length > 0);
}
