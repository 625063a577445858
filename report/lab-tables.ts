/** Tables that experiments and the lab make themselves: capacities, comparisons, noise floor. */
import { TIERS } from '../brokers/servers/server.ts';
import { COMPARISON_HEADS } from '../lab/comparison-table.ts';
import type { Experiment } from '../lab/experiment.ts';
import { NOISE_HEADS } from '../lab/noise-floor.ts';
import { comparedIn } from '../lab/report-comparisons.ts';
import type { RunIndex } from '../lab/result-files.ts';
import type { Table } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { html, type Markup } from './markup.ts';
import type { Noise, Shown } from './shown.ts';
import { type Head, isOnPage, type PageTable, type Row, renderTable } from './tables.ts';

/** Those of an experiment that makes its own; of each run by itself where rows need each other. */
export function ownTables({ experiment, results, parts }: Shown): Markup {
  const runs = experiment.rowsStandAlone
    ? [{ results, run: undefined }]
    : parts.map((part) => ({ results: part.results, run: part.located.run.index.run }));
  return html`${runs.map(({ results: own, run }) =>
    experiment.tables!(own).map((table) => {
      const title = table.title === experiment.question ? undefined : html`<h3>${table.title}</h3>`;
      const page = pageTableOf(experiment, table, own);
      return html`${title}${renderTable(runs.length > 1 ? named(page, `run ${run}`) : page)}`;
    }),
  )}`;
}

function pageTableOf(
  experiment: Experiment,
  table: Table,
  results: readonly TrialResult[],
): PageTable {
  const { rowHeads, columns } = experiment;
  const shown = table.heads.flatMap((head, place) => (isOnPage(experiment, head) ? [place] : []));
  // A row is known by what its first cells have in common with the rows of the experiment.
  const isOfRow = (head: Head, place: number) => table.heads[place] === head.head;
  const ends = rowHeads.findIndex((head, place) => !isOfRow(head, place));
  const known = ends < 0 ? rowHeads.length : ends;
  const trialsOf = (cells: readonly string[]) =>
    results.filter((result) =>
      experiment
        .rowKey(result)
        .slice(0, known)
        .every((text, place) => text === cells[place]),
    );
  const page = plainTable(table, [...rowHeads, ...columns]);
  return {
    ...page,
    heads: shown.map((place) => page.heads[place]!),
    rows: page.rows.map(({ cells, ...row }) => ({
      ...{ ...row, cells: shown.map((place) => cells[place]!) },
      ...(known > 0 && { trials: trialsOf(cells) }),
    })),
  };
}

/** Who ties with whom, folded away below the table of the experiment; each run by itself. */
export function comparisons({ experiment, parts }: Shown): Markup {
  return html`${parts.map((part) =>
    comparedIn(experiment, part.results).map(
      (table) => html`<details class="compared"><summary>${table.title}</summary>
${sourceOf(part.located.run.index)}${renderTable(
  named(
    plainTable(table, COMPARISON_HEADS),
    `${experiment.name}, run ${part.located.run.index.run}`,
  ),
)}</details>
`,
    ),
  )}`;
}

export function noiseFloor({ table, located }: Noise): Markup {
  return html`<section aria-labelledby="noise-floor"><h2 id="noise-floor">${table.title}</h2>
<p>One broker ran along under another name. What is not larger than the differences here is no
difference between brokers either.</p>
${sourceOf(located.run.index)}${renderTable(plainTable(table, NOISE_HEADS))}</section>
`;
}

/** Whoever hears of a table has to tell it from one of the same title elsewhere. */
function named(table: PageTable, where: string): PageTable {
  return { ...table, caption: `${table.caption} (${where})` };
}

function sourceOf({ run }: RunIndex): Markup {
  return html`<p class="quiet">All of it from <a href="#run-${run}">run ${run}</a>.</p>
`;
}

/** The filter hides a row by the broker and the tier that its cells name. */
function plainTable({ title, heads, rows, notes }: Table, meanings: readonly Head[]): PageTable {
  const at = (cells: readonly string[], head: string) => cells[heads.indexOf(head)];
  return {
    caption: title,
    notes,
    heads: heads.map(
      (head) => meanings.find((one) => one.head === head) ?? { head, meaning: undefined },
    ),
    rows: rows.map((cells): Row => {
      const [broker] = (at(cells, 'broker') ?? at(cells, 'names') ?? '').split(/,? /);
      const words = [at(cells, 'tier'), ...(at(cells, 'setting') ?? '').split(', ')];
      const tier = TIERS.find((one) => words.includes(one));
      return { cells, ...(broker && { broker }), ...(tier && { tier }) };
    }),
  };
}
