/**
 * Tables, from results to text: medians over repeats with range or interval, struck-out numbers,
 * reasons.
 */
import type { Column, Experiment } from './experiment.ts';
import { type Interval, medianInterval } from './statistics/bootstrap.ts';
import { median, rising } from './statistics/median.ts';
import type { TrialResult } from './trial-result.ts';

export interface Table {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Lines below the table: why something is struck out, what limits a row. */
  readonly notes: readonly string[];
}

/** Repeats of each other together, in the order of the rows of the experiment's table. */
export function rowGroups(
  experiment: Experiment,
  results: readonly TrialResult[],
): TrialResult[][] {
  const groups = Map.groupBy(results, (result) => JSON.stringify(experiment.rowKey(result)));
  return [...groups.values()].sort((a, b) => compareKeys(experiment, a[0]!, b[0]!));
}

/** One table of an experiment's results; rows in the order in which they first ran. */
export function tableOf(experiment: Experiment, results: readonly TrialResult[]): Table {
  const ordered = rowGroups(experiment, results);
  const notes: string[] = [];
  const rows = ordered.map((group) => {
    const key = experiment.rowKey(group[0]!);
    notes.push(...notesOf(key.join(' '), group));
    return [...key, ...experiment.columns.map((column) => cellOf(column, group))];
  });
  return {
    title: experiment.question,
    heads: [...experiment.rowHeads, ...experiment.columns].map(({ head }) => head),
    rows,
    notes: [...new Set(notes)],
  };
}

function compareKeys(experiment: Experiment, a: TrialResult, b: TrialResult): number {
  const [left, right] = [experiment.rowKey(a), experiment.rowKey(b)];
  for (const [index, text] of left.entries()) {
    const order = text.localeCompare(right[index] ?? '', 'en', { numeric: true });
    if (order !== 0) return order;
  }
  return 0;
}

function notesOf(row: string, group: readonly TrialResult[]): string[] {
  const notes = group.flatMap((result) => [
    ...result.numbersStruck.map((reason) => `${row}: numbers struck out, ${reason}`),
    ...result.notes.map((note) => `${row}: ${note}`),
  ]);
  // Repeats say the same with other figures; one of them stands for all, with how many there are.
  return [...Map.groupBy(new Set(notes), withoutFigures).values()].map(([first, ...more]) =>
    more.length > 0 ? `${first} (and ${more.length} more of these runs alike)` : first!,
  );
}

function withoutFigures(note: string): string {
  return note.replaceAll(/\d[\d,.]*/g, '#');
}

/** What an emulator cannot show, and what the service that it stands in for promises. */
export function emulatorNotes(results: readonly TrialResult[]): string[] {
  const notes = results.flatMap(({ broker, promises, server }) => {
    if (promises?.emulates === undefined) return [];
    const { system, promise, source } = promises.emulates;
    return [
      `${broker} ran on ${server?.title ?? 'an emulator'}, which emulates ${system}: nothing ` +
        `here shows the rates, latencies, limits or durability of ${system} itself, which ` +
        `promises: ${promise} (${source})`,
    ];
  });
  return [...new Set(notes)];
}

/** What a group of runs says in a column; struck out where no number of theirs stands. */
export function cellOf(column: Column, group: readonly TrialResult[]): string {
  const told = group.filter((result) => column.value(result) !== undefined);
  const standing = told.filter((result) => result.numbersValid || column.isFinding);
  if (standing.length > 0) return values(column, standing);
  const struck = values(column, group);
  return struck === '–' ? struck : `~~${struck}~~`;
}

/**
 * One run as it is; several as their median with the range, without any claim; from RUNS_LEAST up
 * with the interval of the median.
 */
function values(column: Column, group: readonly TrialResult[]): string {
  const found = group.map(column.value).filter((value) => value !== undefined);
  if (found.length === 0) return '–';
  if (found.every((value) => typeof value === 'number')) return numbers(column, found);
  return [...new Set(found.map(String))].join(', ');
}

function numbers(column: Column, found: readonly number[]): string {
  const sorted = rising(found);
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const middle = median(sorted);
  const text = (value: number) => formatNumber(value, column.digits ?? 0);
  if (sorted.length === 1 || text(least) === text(most)) return text(middle);
  // Of findings the worst run counts, however rare it is: an interval could leave it out.
  const interval = column.isFinding ? undefined : medianInterval(found);
  if (interval !== undefined) return withInterval(middle, interval, column.digits ?? 0);
  return `${text(middle)} (${text(least)}–${text(most)})`;
}

/** Such as `2,500 [2,410–2,590]`. */
export function withInterval(value: number, { low, high }: Interval, digits: number): string {
  const [middle, least, most] = [value, low, high].map((one) => formatNumber(one, digits));
  return `${middle} [${least}–${most}]`;
}

export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function toMarkdown(table: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = table.heads.map((_, column) => (isNumeric(table, column) ? '---:' : '---'));
  return [
    line(table.heads),
    line(rule),
    ...table.rows.map(line),
    ...(table.notes.length > 0 ? ['', ...table.notes.map((note) => `- ${note}`)] : []),
  ].join('\n');
}

/** For a terminal: aligned columns, at most as wide as they need to be. */
export function toText(table: Table): string {
  const rows = [table.heads, ...table.rows];
  const widths = table.heads.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((text, column) =>
        isNumeric(table, column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  const [heads, ...body] = rows.map(line);
  return [table.title, '', heads!, rule, ...body, ...table.notes.map((note) => `· ${note}`)].join(
    '\n',
  );
}

function isNumeric(table: Table, column: number): boolean {
  return table.rows.some((row) => /^(~~)?[\d,.]+( \(.*\)| \[.*\])?(~~)?$/.test(row[column]!));
}
