/**
 * From results to the pages that people read: one table an experiment, each column defined once.
 */
import type { Experiment } from './experiment.ts';
import type { Run } from './result-files.ts';
import { tableOf, toMarkdown, toText } from './table.ts';
import type { TrialResult } from './trial-result.ts';

/** From this share of the null broker's rate on, a row measures the lab more than the queue. */
const LAB_BOUND_SHARE = 0.7;

/** The experiments that have results, each with its own. */
function answered(experiments: readonly Experiment[], results: readonly TrialResult[]) {
  return experiments
    .map((experiment) => ({
      experiment,
      own: results.filter((result) => isOf(result, experiment)),
    }))
    .filter(({ own }) => own.length > 0);
}

/**
 * Marks what the lab itself limits: rows whose rate is above 70 % of the null broker's in the same
 * run. The notes of the result files stay as they are, since they know their own trial only.
 */
export function markLabBound(results: readonly TrialResult[]): TrialResult[] {
  const fields = ['publishedLikesPerS', 'countedLikesPerS', 'sustainedLikesPerS'] as const;
  const ceiling = (field: (typeof fields)[number], mode: string) =>
    Math.max(
      0,
      ...results
        .filter(({ broker, plan }) => broker === 'null' && plan.mode === mode)
        .map(({ rates }) => rates?.[field] ?? 0),
    );
  return results.map((result) => {
    if (result.broker === 'null' || result.plan.mode === 'paced') return result;
    const bound = fields.filter((field) => {
      const most = ceiling(field, result.plan.mode);
      return most > 0 && (result.rates?.[field] ?? 0) > LAB_BOUND_SHARE * most;
    });
    if (bound.length === 0) return result;
    const names = bound.map((field) => field.replace('LikesPerS', '')).join(', ');
    return { ...result, notes: [...result.notes, `lab-bound: ${names} above 70 % of null`] };
  });
}

export function renderText(
  experiments: readonly Experiment[],
  results: readonly TrialResult[],
): string {
  const marked = markLabBound(results);
  return answered(experiments, marked)
    .map(({ experiment, own }) => toText(tableOf(experiment, own)))
    .join('\n\n');
}

function madeOn(run: Run): string {
  const [first] = run.results;
  if (first === undefined) return 'No trial was finished.';
  const { cores, memory, processor, system } = first.machine;
  return (
    `Run \`${run.index.run}\`, ${run.index.startedAt.slice(0, 10)}, profile ` +
    `\`${run.index.profile}\`, on ${cores} cores (${processor}), ${memory}, ${system}, ` +
    `Node ${first.versions.node}, lab commit \`${first.commit}\`. Repeat it with ` +
    `\`${run.index.command}\`.`
  );
}

/** A run and where its index is, relative to the page. */
export interface LocatedRun {
  readonly run: Run;
  readonly indexPath: string;
}

/**
 * results/README.md: each experiment's table from the first of `runs` that has results of it, so
 * the newest comes first; from all of them where the rows stand alone.
 */
export function renderPage(
  experiments: readonly Experiment[],
  runs: readonly LocatedRun[],
): string {
  const sections = experiments.flatMap((experiment) => {
    const located = runs.filter(({ run }) => hasResults(run, experiment));
    const used = experiment.rowsStandAlone ? located : located.slice(0, 1);
    return used.length > 0 ? [{ experiment, used }] : [];
  });
  const parts = sections.map(({ experiment, used }) => {
    const table = toMarkdown(tableOf(experiment, newestRows(experiment, used)));
    const facts = used.map(({ run, indexPath }) => {
      const first = run.results.find((result) => isOf(result, experiment))!;
      return `${describeWorkload(first)} ${madeOn(run)} [Result files](${indexPath}).`;
    });
    return [`## ${experiment.question}`, '', table, '', facts.join('\n\n')].join('\n');
  });
  const shown = sections.map(({ experiment }) => experiment);
  return `${[
    '# Results',
    '',
    '<!-- Made from result files; `npm run report` makes it again. -->',
    '',
    'Numbers ~~struck out~~ do not stand; the line below the table says why. A single figure is ' +
      'one run. Several runs are shown as their median and (least–most); below six runs no ' +
      'claim is made about who is faster. Client, server and lab share the same cores.',
    '',
    parts.length > 0 ? parts.join('\n\n') : 'No trial was finished.',
    '',
    '## What the columns mean',
    '',
    ...definitions(shown),
  ].join('\n')}\n`;
}

/** The results of an experiment; where two runs have the same row, those of the first run. */
function newestRows(experiment: Experiment, runs: readonly LocatedRun[]): TrialResult[] {
  const taken = new Set<string>();
  return runs.flatMap(({ run }) => {
    const own = markLabBound(run.results).filter((result) => isOf(result, experiment));
    const keyOf = (result: TrialResult) => JSON.stringify(experiment.rowKey(result));
    const fresh = own.filter((result) => !taken.has(keyOf(result)));
    for (const result of fresh) taken.add(keyOf(result));
    return fresh;
  });
}

function hasResults(run: Run, experiment: Experiment): boolean {
  return run.results.some((result) => isOf(result, experiment));
}

function isOf(result: TrialResult, { name }: Experiment): boolean {
  return result.experiment === name;
}

function describeWorkload(result: TrialResult): string {
  const { name, likes, seed, hash } = result.workload;
  const { lanes, consumers, shards } = result.plan;
  const amount =
    likes === undefined
      ? 'the first trial ended before all likes were sent'
      : `${likes.toLocaleString('en-US')} likes in the first trial (hash \`${hash}\`)`;
  return (
    `Workload \`${name}\`, seed ${seed}, ${amount}; ${lanes} lanes, ${consumers} consumer ` +
    `process(es), ${shards} shards at synchronous=FULL.`
  );
}

function definitions(experiments: readonly Experiment[]): string[] {
  const meanings = new Map<string, string>();
  for (const { name, rowHeads, columns } of experiments) {
    for (const { head, meaning } of [...rowHeads, ...columns]) {
      const before = meanings.get(head);
      const isSame = before === undefined || before === meaning;
      meanings.set(isSame ? head : `${head} (${name})`, meaning);
    }
  }
  return [...meanings].map(([head, meaning]) => `- **${head}**: ${meaning}`);
}

/** The columns of the first screen, by experiment; everything else stands in results/README.md. */
const FIRST_SCREEN_HEADS: Readonly<Record<string, readonly string[]>> = {
  throughput: [
    'broker',
    'tier',
    'counts',
    'published likes/s',
    'counted likes/s',
    'sustained likes/s',
    'lost',
    'counted twice',
    'out of order',
  ],
  latency: ['broker', 'tier', 'offered', 'counts', 'p50 ms', 'p99 ms', 'max ms'],
};

export function renderFirstScreen(
  experiments: readonly Experiment[],
  run: Run,
  indexPath: string,
): string {
  const parts = answered(experiments, markLabBound(run.results)).flatMap(({ experiment, own }) => {
    const shown = FIRST_SCREEN_HEADS[experiment.name];
    if (shown === undefined) return [];
    const table = tableOf(experiment, own);
    const places = shown.map((head) => table.heads.indexOf(head));
    const pick = (row: readonly string[]) => places.map((place) => row[place]!);
    const { question } = experiment;
    const picked = { title: '', heads: pick(table.heads), rows: table.rows.map(pick), notes: [] };
    return [`**${question}**`, '', toMarkdown(picked), ''];
  });
  return [
    `<!-- table: ${indexPath} -->`,
    ...parts,
    '`counts` judges every single like against what the broker promises. `null` only passes the ' +
      'same bytes on: its rates are the ceiling of the lab itself. Numbers ~~struck out~~ do not ' +
      'stand.',
    `${madeOn(run)} [All columns, reasons and definitions](results/README.md).`,
    '<!-- end of table -->',
  ].join('\n');
}
