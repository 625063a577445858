/** A comparison for people: a terminal's text, Markdown for a pull request, JSON for programs. */
import type { ComparedNumber, SideFigures } from './compare-numbers.ts';
import type { Lone } from './compare-pairs.ts';
import { type ComparedPromises, PROMISE_OUTCOMES, type Verdicts } from './compare-promises.ts';
import type { Comparison } from './compare-runs.ts';
import { RUNS_LEAST } from './statistics/bootstrap.ts';
import { formatNumber, type Table, toMarkdown, toText } from './table.ts';

/** From this many false alarms on, the stricter level is worth a word. */
const FALSE_ALARMS_NAMED_LEAST = 0.5;
const SUBJECT_HEADS = ['broker', 'tier', 'trial'];

/** The answer in one line. */
export function headlineOf(comparison: Comparison): string {
  const { promises, numbers, blind, outcome, numbersTold } = comparison;
  const broken = promises.filter((row) => row.outcome === 'newly broken').length;
  const worse = numbers.filter(({ isRegression }) => isRegression).length;
  const beyond = percent(comparison.limits.tolerance * 100);
  if (outcome === 'regression') {
    const parts = [
      ...(broken > 0 ? [`promises newly broken in ${several(broken, 'trial')}`] : []),
      ...(worse > 0 ? [`${several(worse, 'figure')} worse by more than ${beyond}`] : []),
    ];
    return `Regression: ${parts.join(', ')}.`;
  }
  if (outcome === 'blind') return `Cannot tell: ${blind.join('. ')}.`;
  const kept = promises.filter((row) => row.outcome === 'kept').length;
  const unknown = blind.length > 0 ? ' Not all could be told.' : '';
  return (
    `No regression beyond ${beyond}: promises kept in ${several(kept, 'trial')}, ` +
    `${several(numbersTold, 'figure')} compared.${unknown}`
  );
}

export function renderComparison(comparison: Comparison, form: 'text' | 'markdown'): string {
  const isText = form === 'text';
  const table = (found: Table) =>
    isText ? toText(found) : `### ${found.title}\n\n${toMarkdown(found)}`;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : [
          [
            isText ? title : `### ${title}\n`,
            ...lines.map((line) => `${isText ? '·' : '-'} ${line}`),
          ].join('\n'),
        ];
  const { a, b, warnings, onlyInA, onlyInB, outcome, blind } = comparison;
  const headline = headlineOf(comparison);
  return [
    isText ? headline : `## ${headline}`,
    promisesLine(comparison),
    `A is ${sideOf(a)}${isText ? '' : '  '}\nB is ${sideOf(b)}`,
    ...list('Also', outcome === 'blind' ? [] : blind),
    ...list(
      'Not a fair comparison where',
      warnings.map(({ text }) => text),
    ),
    ...promiseTables(comparison).map(table),
    ...(comparison.numbers.length > 0
      ? [table(numberTable(comparison)), chanceOf(comparison)]
      : []),
    ...list('Numbers that do not stand', comparison.struck),
    ...list('Only in A, compared with nothing', onlyInA.map(loneLine)),
    ...list('Only in B, compared with nothing', onlyInB.map(loneLine)),
  ].join('\n\n');
}

/** In how many trials, by what became of them. */
function promisesLine({ promises }: Comparison): string {
  const counts = PROMISE_OUTCOMES.map((outcome) => {
    const count = promises.filter((row) => row.outcome === outcome).length;
    return count > 0 ? [`${outcome} in ${count}`] : [];
  });
  return `Promises of ${several(promises.length, 'trial')}: ${counts.flat().join(', ') || 'none'}.`;
}

/** All of it but the trials themselves; `format` rises when a field changes its meaning. */
export function comparisonJson(comparison: Comparison, exitCode: number): string {
  const { a, b, limits, onlyInA, onlyInB, ...rest } = comparison;
  const facts = ({ index }: Comparison['a']) => {
    const { run, startedAt, command, profile, complete } = index;
    return { run, startedAt, command, profile, complete };
  };
  const lone = ({ results, ...subject }: Lone) => {
    return { ...subject, trials: results.map(({ trial, verdict }) => ({ trial, verdict })) };
  };
  return JSON.stringify(
    {
      format: 1,
      ...{ exitCode, headline: headlineOf(comparison), a: facts(a), b: facts(b) },
      tolerancePercent: limits.tolerance * 100,
      levelPercent: limits.confidence * 100,
      ...rest,
      onlyInA: onlyInA.map(lone),
      onlyInB: onlyInB.map(lone),
    },
    undefined,
    1,
  );
}

function sideOf({ index, results }: Comparison['a']): string {
  const { run, startedAt, command } = index;
  return `${run}, ${startedAt.slice(0, 10)}, ${several(results.length, 'trial')}: ${command}`;
}

function loneLine({ broker, tier, trial, results }: Lone): string {
  const verdicts = [...new Set(results.map(({ verdict }) => verdict))].join(', ');
  return `${broker} at ${tier}, ${trial}: ${several(results.length, 'run')}, ${verdicts}`;
}

/** Those that were kept on both sides are a number only. */
function promiseTables({ promises }: Comparison): Table[] {
  const told = promises.filter(({ outcome }) => outcome !== 'kept');
  if (told.length === 0) return [];
  const rows = told.map((row) => [
    mark(row.outcome, row.outcome === 'newly broken'),
    ...subjectOf(row),
    verdictsText(row.a),
    verdictsText(row.b),
    row.evidence.join(' · '),
  ]);
  const heads = ['promises', ...SUBJECT_HEADS, 'A', 'B', 'what shows it'];
  return [{ title: 'Promises, judged like by like', heads, rows, notes: [] }];
}

function verdictsText(verdicts: Verdicts): string {
  return (['pass', 'fail', 'unknown'] as const)
    .filter((verdict) => verdicts[verdict] > 0)
    .map((verdict) => `${verdicts[verdict]} ${verdict}`)
    .join(', ');
}

function numberTable({ numbers, limits }: Comparison): Table {
  const level = percent(limits.confidence * 100);
  return {
    title: `Figures: medians over runs, (${level} interval) or [least–most]`,
    heads: ['verdict', ...SUBJECT_HEADS, 'figure', 'A', 'B', 'change', `${level} interval`],
    rows: numbers.map((row) => [
      mark(row.verdict, row.isRegression),
      ...subjectOf(row),
      `${row.title}, ${row.unit}`,
      figureText(row.a, row.digits),
      figureText(row.b, row.digits),
      row.changePercent === undefined ? '–' : signed(row.changePercent),
      row.intervalPercent
        ? `${signed(row.intervalPercent.low)} to ${signed(row.intervalPercent.high)}`
        : (row.why ?? '–'),
    ]),
    notes: numbers.some(({ verdict }) => verdict === 'cannot tell')
      ? [`cannot tell: each side needs ${RUNS_LEAST} runs that stand, --repeats ${RUNS_LEAST}`]
      : [],
  };
}

/** What stands out must do so without colours. */
function mark(verdict: string, isRegression: boolean): string {
  return isRegression ? verdict.toUpperCase() : verdict;
}

function subjectOf({ broker, tier, trial }: ComparedNumber | ComparedPromises): string[] {
  return [broker, tier, trial];
}

function figureText({ median, low, high, bounds, runs }: SideFigures, digits: number): string {
  if (median === undefined || low === undefined || high === undefined) return '–';
  const text = (value: number) => formatNumber(value, digits);
  if (runs === 1) return text(median);
  const between = `${text(low)}–${text(high)}`;
  return `${text(median)} ${bounds === 'interval' ? `(${between})` : `[${between}]`}`;
}

function chanceOf({ numbers, numbersTold, falseAlarmsMax, limits }: Comparison): string {
  const level = percent(limits.confidence * 100);
  if (numbersTold === 0) return 'No figure was compared, so none can be worse by chance.';
  const line =
    `${several(numbersTold, 'figure')} compared at ${level}: by chance alone up to ` +
    `${formatNumber(falseAlarmsMax, falseAlarmsMax < 0.1 ? 2 : 1)} of them may be called worse.`;
  const hiding = numbers.filter(
    ({ verdict, mayHideOne }) => mayHideOne && verdict !== 'cannot tell',
  ).length;
  const hidden =
    hiding === 0
      ? ''
      : ` In ${formatNumber(hiding, 0)} of them the interval also holds changes for the worse ` +
        `beyond ${percent(limits.tolerance * 100)}: more repeats narrow it.`;
  const isMany = falseAlarmsMax >= FALSE_ALARMS_NAMED_LEAST && limits.confidence < 0.99;
  return `${line}${isMany ? ' --level 99% makes the gate stricter.' : ''}${hidden}`;
}

function several(count: number, what: string): string {
  return `${formatNumber(count, 0)} ${what}${count === 1 ? '' : 's'}`;
}

function signed(value: number): string {
  const text = formatNumber(Math.abs(value), 1);
  return `${value < 0 && text !== '0.0' ? '−' : '+'}${text} %`;
}

function percent(value: number): string {
  return `${Number(value.toFixed(3))} %`;
}
