/**
 * From results to what people read: one overview, one table an experiment, each column defined
 * once. What an experiment asks and what the overview shows come as objects.
 */
import type { Experiment } from './experiment.ts';
import { markLabBound } from './lab-bound.ts';
import type { Run } from './result-files.ts';
import { emulatorNotes, type Table, tableOf, toMarkdown, toText } from './table.ts';
import type { TrialResult } from './trial-result.ts';

/** What stands around the tables of the experiments. */
export interface Frame {
  /** A row per broker and tier, from the results of one run; undefined when they do not tell. */
  overview(results: readonly TrialResult[]): Table | undefined;
  readonly overviewMeanings: readonly { readonly head: string; readonly meaning: string }[];
  /** Markdown that follows the tables of the page, made from the same results. */
  appendix(results: readonly TrialResult[]): string;
  /** Pictures of an experiment's results; paths are relative to the page. */
  pictures?(experiment: string): readonly { readonly title: string; readonly path: string }[];
}

/** The experiments that have results, each with its own. */
function answered(experiments: readonly Experiment[], results: readonly TrialResult[]) {
  return experiments
    .map((experiment) => ({ experiment, own: shownOf(experiment, results) }))
    .filter(({ own }) => own.length > 0);
}

/** The results that stand in the table of an experiment. */
function shownOf(experiment: Experiment, results: readonly TrialResult[]): TrialResult[] {
  return results.filter(
    (result) => result.experiment === experiment.name && (experiment.shows?.(result) ?? true),
  );
}

/** The tables of an experiment, the one that answers its question first. */
function tablesOf(experiment: Experiment, own: readonly TrialResult[]): readonly Table[] {
  return experiment.tables?.(own) ?? [tableOf(experiment, own)];
}

export function renderText(
  experiments: readonly Experiment[],
  results: readonly TrialResult[],
  frame: Frame,
): string {
  const marked = markLabBound(results);
  const tables = answered(experiments, marked).flatMap(({ experiment, own }) =>
    tablesOf(experiment, own),
  );
  const overview = tables.length > 1 ? frame.overview(marked) : undefined;
  const texts = [...tables, ...(overview ? [overview] : [])].map(toText);
  return [...texts, ...emulatorNotes(marked).map((note) => `· ${note}`)].join('\n\n');
}

function madeOn(run: Run): string {
  const [first] = run.results;
  if (first === undefined) return 'No trial was finished.';
  const { cores, memory, processor, system } = first.machine;
  // A run that was gone on with may have been made by two versions of the lab.
  const commits = [...new Set(run.results.map(({ commit }) => `\`${commit}\``))];
  return (
    `Run \`${run.index.run}\`, ${run.index.startedAt.slice(0, 10)}, profile ` +
    `\`${run.index.profile}\`, on ${cores} cores (${processor}), ${memory}, ${system}, ` +
    `Node ${first.versions.node}, lab ${commits.length > 1 ? 'commits' : 'commit'} ` +
    `${commits.join(' and ')}. Repeat it with ` +
    `\`${run.index.command}\`.`
  );
}

/** A run and where its index is, relative to the page. */
export interface LocatedRun {
  readonly run: Run;
  readonly indexPath: string;
}

/** The newest run's results, and of older ones those whose row no newer run has. */
function newestRows(
  runs: readonly LocatedRun[],
  pick: (results: readonly TrialResult[]) => readonly TrialResult[],
  keyOf: (result: TrialResult) => string,
): { readonly located: LocatedRun; readonly results: readonly TrialResult[] }[] {
  const taken = new Set<string>();
  return runs
    .map((located) => {
      const own = pick(markLabBound(located.run.results));
      const results = own.filter((result) => !taken.has(keyOf(result)));
      for (const result of results) taken.add(keyOf(result));
      return { located, results };
    })
    .filter(({ results }) => results.length > 0);
}

const subjectOf = ({ broker, tier }: TrialResult) => `${broker} ${tier}`;

/**
 * results/README.md. A table holds one run's rows, since only those can be compared; rows of older
 * runs follow in tables of their own where no newer run has the same broker and tier. Where rows
 * stand alone they share a table.
 */
export function renderPage(
  experiments: readonly Experiment[],
  runs: readonly LocatedRun[],
  frame: Frame,
): string {
  const sections = experiments.flatMap((experiment) => sectionOf(experiment, runs, frame));
  const shown = experiments.filter((experiment) =>
    runs.some(({ run }) => shownOf(experiment, run.results).length > 0),
  );
  const broad = broadRows(runs, frame);
  const newest = (
    broad.length > 0 ? broad : newestRows(runs, (results) => results, subjectOf)
  ).flatMap(({ results }) => results);
  const appendix = shown.length > 0 ? frame.appendix(newest) : '';
  return `${[
    '# Results',
    '',
    '<!-- Made from result files; `npm run report` makes it again. -->',
    '',
    'Numbers ~~struck out~~ do not stand; the line below the table says why. A single figure is ' +
      'one run. Several runs are shown as their median and (least–most); below six runs no ' +
      'claim is made about who is faster. Client, server and lab share the same cores.',
    '',
    ...(frame.pictures ? ['The same to read in a browser: [report.html](report.html).', ''] : []),
    ...overviewParts(broad, frame),
    ...asList(emulatorNotes(newest)),
    sections.length > 0 ? sections.join('\n\n') : 'No trial was finished.',
    '',
    ...(appendix === '' ? [] : [appendix, '']),
    '## What the columns mean',
    '',
    ...definitions([
      ...(shown.length > 0 ? [{ name: 'overview', heads: frame.overviewMeanings }] : []),
      ...shown.map(({ name, rowHeads, columns }) => ({ name, heads: [...rowHeads, ...columns] })),
    ]),
  ].join('\n')}\n`;
}

function asList(notes: readonly string[]): string[] {
  return notes.length > 0 ? [...notes.map((note) => `- ${note}`), ''] : [];
}

/** The newest rows of runs that are broad enough for an overview: those of all experiments. */
function broadRows(runs: readonly LocatedRun[], frame: Frame) {
  const isBroad = ({ run }: LocatedRun) => frame.overview(run.results) !== undefined;
  return newestRows(runs.filter(isBroad), (results) => results, subjectOf);
}

function overviewParts(broad: ReturnType<typeof newestRows>, frame: Frame): string[] {
  const parts = broad.flatMap(({ located, results }) => {
    const table = frame.overview(results);
    return table === undefined ? [] : [toMarkdown(table), '', madeOn(located.run), ''];
  });
  return parts.length > 0 ? ['## Overview', '', ...parts] : [];
}

/** The trials that stand in an experiment's tables: of each row those of the newest run with it. */
export function newestOf(experiment: Experiment, runs: readonly LocatedRun[]): TrialResult[] {
  return newestParts(experiment, runs).flatMap(({ results }) => results);
}

function newestParts(experiment: Experiment, runs: readonly LocatedRun[]) {
  const keyOf = experiment.rowsStandAlone
    ? (result: TrialResult) => JSON.stringify(experiment.rowKey(result))
    : subjectOf;
  return newestRows(runs, (results) => shownOf(experiment, results), keyOf);
}

function sectionOf(experiment: Experiment, runs: readonly LocatedRun[], frame: Frame): string[] {
  const parts = newestParts(experiment, runs);
  if (parts.length === 0) return [];
  const facts = parts.map(({ located, results }) => factsOf(located, results[0]!));
  const tables = experiment.rowsStandAlone
    ? tablesOf(
        experiment,
        parts.flatMap(({ results }) => results),
      )
    : parts.map(({ results }) => tableOf(experiment, results));
  const texts = tables.map(toMarkdown);
  const explanation = experiment.explanation?.(parts.flatMap(({ results }) => results));
  const body = experiment.rowsStandAlone
    ? [...texts, ...(explanation ? [explanation] : []), ...facts]
    : texts.flatMap((text, place) => [text, facts[place]!]);
  const pictures = frame.pictures?.(experiment.name) ?? [];
  const shown = pictures.map(({ title, path }) => `![${title}](${path})`);
  return [[`## ${experiment.question}`, ...shown, ...body].join('\n\n')];
}

function factsOf({ run, indexPath }: LocatedRun, first: TrialResult): string {
  return `${describeWorkload(first)} ${madeOn(run)} [Result files](${indexPath}).`;
}

function describeWorkload(result: TrialResult): string {
  const { name, data, likes, seed, hash } = result.workload;
  const { lanes, consumers, shards } = result.plan;
  const amount =
    likes === undefined
      ? 'the first trial ended before all likes were sent'
      : `${likes.toLocaleString('en-US')} likes in the first trial (hash \`${hash}\`)`;
  return (
    `Workload \`${name}\`${data === undefined ? '' : ` from \`${data}\``}, seed ${seed}, ` +
    `${amount}; ${lanes} lanes, ${consumers} consumer process(es), ${shards} shards at ` +
    'synchronous=FULL.'
  );
}

function definitions(
  tables: readonly {
    readonly name: string;
    readonly heads: readonly { readonly head: string; readonly meaning: string }[];
  }[],
): string[] {
  const meanings = new Map<string, string>();
  for (const { name, heads } of tables) {
    for (const { head, meaning } of heads) {
      const before = meanings.get(head);
      const isSame = before === undefined || before === meaning;
      meanings.set(isSame ? head : `${head} (${name})`, meaning);
    }
  }
  return [...meanings].map(([head, meaning]) => `- **${head}**: ${meaning}`);
}

/** The overview of one run, and its tables with the columns that each experiment names first. */
export function renderFirstScreen(
  experiments: readonly Experiment[],
  run: Run,
  indexPath: string,
  frame: Frame,
): string {
  const marked = markLabBound(run.results);
  const overview = frame.overview(marked);
  const parts = answered(experiments, marked).flatMap(({ experiment, own }) => {
    const shown = experiment.firstScreen;
    if (shown === undefined) return [];
    const table = tableOf(experiment, own);
    const places = shown.map((head) => table.heads.indexOf(head));
    const pick = (row: readonly string[]) => places.map((place) => row[place]!);
    const picked = { title: '', heads: pick(table.heads), rows: table.rows.map(pick), notes: [] };
    return [`**${experiment.question}**`, '', toMarkdown(picked), ''];
  });
  return [
    `<!-- table: ${indexPath} -->`,
    ...(overview ? [toMarkdown(overview), ''] : []),
    ...asList(emulatorNotes(marked)),
    ...(overview ? ['<details><summary>A table for each question</summary>', ''] : []),
    ...parts,
    ...(overview ? ['</details>', ''] : []),
    '`counts` judges every single like against what the broker promises. `null` only passes the ' +
      'same bytes on: its rates are the ceiling of the lab itself. Numbers ~~struck out~~ do not ' +
      'stand.',
    `${madeOn(run)} [All columns, reasons and definitions](results/README.md).`,
    '<!-- end of table -->',
  ].join('\n');
}
