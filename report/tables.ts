/** An experiment's table as HTML: each row leads to its trials, each head is explained below. */
import type { Experiment } from '../lab/experiment.ts';
import { cellOf, rowGroups, tableOf } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { fromMarkdown, html, type Markup } from './markup.ts';
import { anchorOf } from './shown.ts';

/** With more trials than this a row folds its links away. */
const LINKS_MAX = 6;

export interface Head {
  readonly head: string;
  readonly meaning: string | undefined;
}

export interface Row {
  readonly id?: string;
  readonly broker?: string;
  readonly tier?: string;
  readonly cells: readonly string[];
  /** Undefined where a row is of so many that they are named beside the table. */
  readonly trials?: readonly TrialResult[];
}

/** Columns that would make a table wider than a page; all of them stand in results/README.md. */
const LEFT_OUT: Readonly<Record<string, RegExp>> = {
  'capacity-curve': /^(p99\.9 ms|max ms|backlog trend likes\/s|lost|counted twice)$/,
  'full-count': / MB|^store MB/,
  sharding: /^(lost|counted twice)$/,
  'direct-or-queued': /^(accepted\/s|API p(50|99\.9) ms|sessions waiting|CPU .*[ekrsy]|202 wrong)$/,
  calibration: /^added to \w+ (mean|max) ms$|same draws|allowed|by chance/,
};

/** Whether the page shows this column of the experiment's tables. */
export function isOnPage({ name, firstScreen }: Experiment, head: string): boolean {
  return (firstScreen?.includes(head) ?? true) && !LEFT_OUT[name]?.test(head);
}

export interface PageTable {
  readonly caption: string;
  readonly heads: readonly Head[];
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** Of the row with these trials; unique in the page and the same each time it is made. */
export function rowIdOf(experiment: string, key: readonly string[]): string {
  return `row-${[experiment, ...key].join('-').replaceAll(/[^\w-]+/g, '-')}`;
}

/** The columns that the experiment shows first; all of them stand in results/README.md. */
export function experimentTable(
  experiment: Experiment,
  results: readonly TrialResult[],
): PageTable {
  const columns = experiment.columns.filter(({ head }) => isOnPage(experiment, head));
  const rows = rowGroups(experiment, results).map((group): Row => {
    const key = experiment.rowKey(group[0]!);
    const { broker, tier } = group[0]!;
    return {
      ...{ id: rowIdOf(experiment.name, key), broker, tier, trials: group },
      cells: [...key, ...columns.map((column) => cellOf(column, group))],
    };
  });
  return {
    caption: experiment.question,
    heads: [...experiment.rowHeads, ...columns],
    rows,
    notes: tableOf(experiment, results).notes,
  };
}

/** A number or several, as tables print them. */
const NUMBER = /^(~~)?[<\d,. %]+( [([].*[)\]])?(~~)?$/;

export function renderTable({ caption, heads, rows, notes }: PageTable): Markup {
  const isNumeric = heads.map((_, column) => rows.some(({ cells }) => NUMBER.test(cells[column]!)));
  const classOf = (column: number) => (isNumeric[column] ? html` class="n"` : undefined);
  const textOf = ({ broker }: Row, column: number, cell: string) =>
    heads[column]!.head === 'broker' && broker !== undefined
      ? brokerCell(broker, cell)
      : fromMarkdown(cell);
  const cellsOf = (row: Row) =>
    row.cells.map((cell, column) =>
      column === 0
        ? html`<th scope="row">${textOf(row, column, cell)}</th>`
        : html`<td${classOf(column)}>${textOf(row, column, cell)}</td>`,
    );
  const hasTrials = rows.some(({ trials }) => trials !== undefined);
  const rowOf = (row: Row) => {
    const { id, broker, tier, trials = [] } = row;
    const links = hasTrials ? html`<td>${trialLinks(trials)}</td>` : undefined;
    const cells = html`${cellsOf(row)}${links}`;
    return html`<tr${attribute('id', id)}${attribute('data-broker', broker)}${attribute(
      'data-tier',
      tier,
    )}>${cells}</tr>
`;
  };
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Table: ${caption}">
<table><caption class="said">${caption}</caption>
<thead><tr>${heads.map(
    ({ head }, column) => html`<th scope="col"${classOf(column)}>${fromMarkdown(head)}</th>`,
  )}${hasTrials ? html`<th scope="col">trials</th>` : undefined}</tr></thead>
<tbody>${rows.map(rowOf)}</tbody></table></div>
${notes.length > 0 ? listOf('notes', notes) : undefined}${meanings(heads)}`;
}

function attribute(name: string, value: string | undefined): Markup | undefined {
  return value === undefined ? undefined : html` ${name}="${value}"`;
}

/** The broker's name in its colour, as in every chart. */
export function brokerCell(broker: string, label: string): Markup {
  return html`<span class="ink" data-ink="${broker}">${label}</span>`;
}

export function trialLinks(trials: readonly TrialResult[]): Markup {
  const links = trials.map((result) => {
    const [number] = result.trial.split('-');
    return html`<a href="#${anchorOf(result)}" aria-label="trial ${number}">${number}</a> `;
  });
  if (links.length <= LINKS_MAX) return html`${links}`;
  return html`<details class="links"><summary>${links.length} trials</summary>${links}</details>`;
}

function listOf(className: string, items: readonly string[]): Markup {
  const lines = items.map((item) => html`<li>${fromMarkdown(item)}</li>`);
  return html`<ul class="${className}">${lines}</ul>
`;
}

function meanings(heads: readonly Head[]): Markup {
  return html`<details class="meanings"><summary>What the columns mean</summary><dl>${heads.map(
    ({ head, meaning }) =>
      meaning && html`<dt>${fromMarkdown(head)}</dt><dd>${fromMarkdown(meaning)}</dd>`,
  )}</dl></details>
`;
}
