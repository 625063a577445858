/**
 * From results to what people read: one overview, one table an experiment, each column defined
 * once. What an experiment asks and what the overview shows come as objects.
 */
import { chooseRows, type LocatedRun } from './choose-rows.ts';
import { withoutTwins } from './comparison.ts';
import type { Experiment } from './experiment.ts';
import { markLabBound } from './lab-bound.ts';
import {
  comparedIn,
  comparedMarkdown,
  meaningsIn,
  noiseIn,
  noiseSection,
} from './report-comparisons.ts';
import type { Run } from './result-files.ts';
import { chosenParts, shownOf, subjectOf } from './shown-rows.ts';
import { emulatorNotes, type Table, tableOf, toMarkdown, toText } from './table.ts';
import type { TrialResult } from './trial-result.ts';

/** What stands around the tables of the experiments. */
export interface Frame {
  /** A row per broker and tier, from the results of one run; undefined when they do not tell. */
  overview(results: readonly TrialResult[]): Table | undefined;
  /** One line: what the lab itself adds and can bear; undefined when the results do not tell. */
  labItself?(results: readonly TrialResult[]): string | undefined;
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
  const own = answered(experiments, marked);
  const tables = own.flatMap(({ experiment, own }) => [
    ...tablesOf(experiment, own),
    ...comparedIn(experiment, own),
  ]);
  const floor = noiseIn(experiments, marked);
  const overview = own.length > 1 ? frame.overview(withoutTwins(marked)) : undefined;
  const texts = [...tables, ...(floor ? [floor] : []), ...(overview ? [overview] : [])].map(toText);
  const answers = own.flatMap(({ experiment, own }) => plainLines(explained(experiment, own)));
  const notes = [...answers, ...labItself(frame, marked), ...emulatorNotes(marked)];
  return [...texts, ...notes.map((note) => `· ${note}`)].join('\n\n');
}

/** Of one run, where rows need each other; those that stand alone are explained together. */
function explained({ rowsStandAlone, explanation }: Experiment, own: readonly TrialResult[]) {
  return rowsStandAlone ? '' : (explanation?.(own) ?? '');
}

/** For a terminal: the lines of a list, without its marks. */
function plainLines(markdown: string): string[] {
  const lines = markdown.split('\n').map((line) => line.replace(/^- /, '').replaceAll('**', ''));
  return lines.filter((line) => line !== '');
}

function labItself(frame: Frame, results: readonly TrialResult[]): string[] {
  const line = frame.labItself?.(results);
  return line === undefined ? [] : [line];
}

/** By the newest run that tells. */
function labItselfOf(runs: readonly LocatedRun[], frame: Frame): string[] {
  const told = runs.map(({ run }) => labItself(frame, run.results));
  return told.find((lines) => lines.length > 0) ?? [];
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
  const newest = (broad.length > 0 ? broad : chooseRows(runs, withoutTwins, subjectOf)).flatMap(
    ({ results }) => results,
  );
  const noise = noiseSection(
    experiments,
    runs.map(({ run }) => run),
    madeOn,
  );
  const appendix = shown.length > 0 ? frame.appendix(newest) : '';
  return `${[
    '# Results',
    '',
    '<!-- Made from result files; `npm run report` makes it again. -->',
    '',
    'Numbers ~~struck out~~ do not stand; the line below the table says why. A single figure is ' +
      'one run. Two to five runs are shown as their median and (least–most), without a claim ' +
      'about who is faster. From six runs up [low–high] is the 95 % bootstrap interval of the ' +
      'median over runs, and brokers are compared; findings, such as losses, always show ' +
      '(least–most). Client, server and lab share the same cores.',
    '',
    ...(frame.pictures ? ['The same to read in a browser: [report.html](report.html).', ''] : []),
    ...overviewParts(broad, frame),
    ...asList([...labItselfOf(runs, frame), ...emulatorNotes(newest)]),
    sections.length > 0 ? sections.join('\n\n') : 'No trial was finished.',
    '',
    ...noise,
    ...(appendix === '' ? [] : [appendix, '']),
    '## What the columns mean',
    '',
    ...definitions([
      ...(shown.length > 0 ? [{ name: 'overview', heads: frame.overviewMeanings }] : []),
      ...shown.map(({ name, rowHeads, columns }) => ({ name, heads: [...rowHeads, ...columns] })),
      ...meaningsIn([...sections, ...noise].join('\n')),
    ]),
  ].join('\n')}\n`;
}

function asList(notes: readonly string[]): string[] {
  return notes.length > 0 ? [...notes.map((note) => `- ${note}`), ''] : [];
}

/** The newest rows of runs that are broad enough for an overview: those of all experiments. */
function broadRows(runs: readonly LocatedRun[], frame: Frame) {
  const isBroad = ({ run }: LocatedRun) => frame.overview(run.results) !== undefined;
  return chooseRows(runs.filter(isBroad), withoutTwins, subjectOf);
}

function overviewParts(broad: ReturnType<typeof chooseRows>, frame: Frame): string[] {
  const parts = broad.flatMap(({ located, results }) => {
    const table = frame.overview(results);
    return table === undefined ? [] : [toMarkdown(table), '', madeOn(located.run), ''];
  });
  return parts.length > 0 ? ['## Overview', '', ...parts] : [];
}

function sectionOf(experiment: Experiment, runs: readonly LocatedRun[], frame: Frame): string[] {
  const parts = chosenParts(experiment, runs);
  if (parts.length === 0) return [];
  const facts = parts.map(({ located, results }) => factsOf(located, results[0]!));
  const textOf = (results: readonly TrialResult[]) =>
    tablesOf(experiment, results).map(toMarkdown).join('\n\n');
  const texts = experiment.rowsStandAlone
    ? [textOf(parts.flatMap(({ results }) => results))]
    : parts.map(({ results }) => textOf(results));
  const all = experiment.explanation?.(parts.flatMap(({ results }) => results));
  const body = experiment.rowsStandAlone
    ? [...texts, ...(all ? [all] : []), ...facts]
    : texts.flatMap((text, place) => [
        text,
        ...[explained(experiment, parts[place]!.results)].filter((answer) => answer !== ''),
        ...comparedMarkdown(experiment, parts[place]!.results),
        facts[place]!,
      ]);
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
  const overview = frame.overview(withoutTwins(marked));
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
    ...asList([...labItself(frame, marked), ...emulatorNotes(marked)]),
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
