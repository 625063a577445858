/** What a report says beyond the tables of the experiments: who ties with whom, and the noise. */
import { COMPARISON_HEADS, comparisonTables } from './comparison-table.ts';
import type { Experiment } from './experiment.ts';
import { NOISE_HEADS, noiseFloorTable } from './noise-floor.ts';
import { type Table, toMarkdown } from './table.ts';
import type { TrialResult } from './trial-result.ts';

/** Rows that say something by themselves, those of several runs even, are not compared. */
export function comparedIn(experiment: Experiment, own: readonly TrialResult[]): readonly Table[] {
  return experiment.rowsStandAlone || experiment.tables ? [] : comparisonTables(own);
}

/** Of a run in which a broker ran along under another name; `noise` has tables of its own. */
export function noiseIn(
  experiments: readonly Experiment[],
  results: readonly TrialResult[],
): Table | undefined {
  const compared = experiments.filter(({ showsTwins }) => !showsTwins);
  return noiseFloorTable(
    compared.flatMap(({ name, shows }) =>
      results.filter((result) => result.experiment === name && (shows?.(result) ?? true)),
    ),
  );
}

/** Below the table that they belong to; folded away, since they are many. */
export function comparedMarkdown(
  experiment: Experiment,
  own: readonly TrialResult[],
): readonly string[] {
  return comparedIn(experiment, own).map(
    (table) => `<details><summary>${table.title}</summary>\n\n${toMarkdown(table)}\n\n</details>`,
  );
}

/** Of the newest run that has one: a section, ended by `source`, which says where it was made. */
export function noiseSection<R extends { readonly results: readonly TrialResult[] }>(
  experiments: readonly Experiment[],
  runs: readonly R[],
  source: (run: R) => string,
): string[] {
  for (const run of runs) {
    const table = noiseIn(experiments, run.results);
    if (table) return [`## ${table.title}`, '', toMarkdown(table), '', source(run), ''];
  }
  return [];
}

/** What the heads of these tables mean, as far as the page has such tables. */
export function meaningsIn(page: string) {
  const tables = [
    { name: 'comparisons', heads: COMPARISON_HEADS },
    { name: 'noise floor', heads: NOISE_HEADS },
  ];
  return tables.filter(({ heads }) =>
    page.includes(`| ${heads.map(({ head }) => head).join(' | ')} |`),
  );
}
