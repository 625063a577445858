/** results/report.html: one file that needs nothing else, made from result files alone. */

import type { LocatedRun } from '../lab/choose-rows.ts';
import type { Experiment } from '../lab/experiment.ts';
import { emulatorNotes } from '../lab/table.ts';
import { chartsOf } from './charts/index.ts';
import { tiersOf } from './charts/tiers.ts';
import { choicesOf, type TiersOf } from './decision.ts';
import { type Chart, pictureOf } from './drawing.ts';
import { renderFacts, renderFirstScreen } from './first-screen.ts';
import { comparisons, noiseFloor, ownTables } from './lab-tables.ts';
import { fromMarkdown, html, Markup } from './markup.ts';
import { cellsTable, renderMatrix } from './matrix.ts';
import { plainAnswer } from './plain-answers.ts';
import { SCRIPT } from './script.ts';
import { gather, type ReportData, type Shown } from './shown.ts';
import { styleOf } from './style.ts';
import { brokerCell, experimentTable, renderTable } from './tables.ts';
import { renderReplaced, renderTrials } from './trials.ts';

export interface ReportOptions {
  readonly experiments: readonly Experiment[];
  readonly runs: readonly LocatedRun[];
  /** What the registry says; undefined for a broker that it does not know any more. */
  readonly tiersOf: TiersOf;
  /** What the lab itself adds to every latency, in a sentence, where a calibration tells it. */
  readonly calibration?: string | undefined;
}

/** The same runs always give the same text. */
export function renderReport(options: ReportOptions): string {
  const { experiments, runs, tiersOf: registered, calibration } = options;
  const data = gather(experiments, runs);
  const all = data.shown.flatMap(({ results }) => results);
  const brokers = [...new Set(all.map(({ broker }) => broker))].sort();
  const tiers = tiersOf(all);
  const charts = chartsOf(data);
  const choices = choicesOf(data, registered);
  const body = html`<a class="skip" href="#main">To the answer</a>
<header><h1>The like-counting queue lab: what was measured</h1>
${renderFacts(data)}${calibration && html`<p class="facts">${calibration}</p>`}</header>
<main id="main" tabindex="-1">
${all.length === 0 ? html`<p>No trial was finished.</p>` : renderFirstScreen(choices)}
${emulatorNotes(all).map((note) => html`<p class="quiet">${note}</p>`)}
${filterOf(brokers, tiers)}
${contentsOf(data)}
${data.shown.map((shown) => sectionOf(shown, charts))}
${data.noise && noiseFloor(data.noise)}
<section aria-labelledby="trials"><h2 id="trials">The trials</h2>
<p>Every number above leads here: the file it stands in, the seed of its likes, and above it the
command that runs it again. Other machines give other numbers, and the same likes.</p>
${renderReplaced(data)}${renderTrials(data.trials)}</section>
</main>
<footer><p>Made from result files by <code>npm run report</code>. All columns, and how the course's
claims fare: <a href="README.md">README.md</a>.</p></footer>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The like-counting queue lab: results</title>
<link rel="icon" href="data:,">
<style>${styleOf(brokers)}</style></head>
<body>${body.text}
<script>${SCRIPT}</script></body></html>
`;
}

/** A chart as a file of its own, for pages that cannot hold it. */
export interface Picture {
  /** The experiment that it stands with. */
  readonly experiment: string;
  readonly title: string;
  readonly file: string;
  readonly svg: string;
}

export function renderPictures({ experiments, runs }: ReportOptions): readonly Picture[] {
  const data = gather(experiments, runs);
  const all = data.shown.flatMap(({ results }) => results);
  const brokers = [...new Set(all.map(({ broker }) => broker))];
  return [...chartsOf(data)].flatMap(([experiment, charts]) =>
    charts.map((chart) => {
      const { name, title } = chart;
      return { experiment, title, file: `${name}.svg`, svg: pictureOf(chart, brokers) };
    }),
  );
}

function filterOf(brokers: readonly string[], tiers: readonly string[]): Markup {
  const box = (name: string, value: string, label: Markup) =>
    html`<label><input type="checkbox" name="${name}" value="${value}" checked> ${label}</label>`;
  const queues = brokers.map((one) => box('broker', one, brokerCell(one, one)));
  const tierBoxes = tiers.map((one) => box('tier', one, html`${one}`));
  return html`<form class="filter" aria-label="Filter" hidden>
<fieldset><legend>Queues</legend>${queues}</fieldset>
<fieldset><legend>Tiers</legend>${tierBoxes}</fieldset>
<output aria-live="polite"></output></form>`;
}

function contentsOf({ shown, noise }: ReportData): Markup {
  const floor = noise && html`<li><a href="#noise-floor">noise floor</a></li>`;
  return html`<nav aria-label="Questions"><ul>${shown.map(
    ({ experiment }) => html`<li><a href="#${experiment.name}">${experiment.name}</a></li>`,
  )}${floor}<li><a href="#trials">trials</a></li></ul></nav>`;
}

function tablesOf(shown: Shown): Markup {
  const { experiment, results } = shown;
  if (results.some(({ faults, plan }) => faults !== undefined && plan.path === undefined)) {
    return html`${renderMatrix(results)}${renderTable(cellsTable(results))}`;
  }
  if (experiment.tables) return ownTables(shown);
  return html`${renderTable(experimentTable(experiment, results))}${comparisons(shown)}`;
}

function sectionOf(shown: Shown, charts: ReadonlyMap<string, Chart[]>): Markup {
  const { experiment, results } = shown;
  const { name, question } = experiment;
  return html`<section aria-labelledby="${name}"><h2 id="${name}">${question}</h2>
${plainAnswer(name, results)}
${(charts.get(name) ?? []).map(figureOf)}
${tablesOf(shown)}</section>
`;
}

function figureOf({ name, title, reading, summary, panels }: Chart): Markup {
  return html`<figure id="chart-${name}" aria-labelledby="chart-${name}-title">
<figcaption><h3 id="chart-${name}-title">${title}</h3><p>${fromMarkdown(reading)}</p></figcaption>
<div class="panels">${panels.map(
    (panel) =>
      html`<div class="panel"${
        panel.tier === undefined ? undefined : html` data-tier="${panel.tier}"`
      }><h4>${panel.title}</h4>${new Markup(panel.svg)}</div>`,
  )}</div>
<details class="summary"><summary>In words</summary><p>${summary}</p></details></figure>
`;
}
