/** What the live view draws: pure functions from what is known to text of a given width. */
import { formatNumber } from '../lab/table.ts';
import type { TrialLive, TrialProgress } from '../lab/trial-context.ts';

const BAR_CHARACTERS = 24;

export const PHASES: Readonly<Record<TrialProgress['phase'], string>> = {
  preparing: 'preparing',
  publishing: 'publishing',
  counting: 'counting',
  both: 'publishing and counting',
  striking: 'struck under load',
  draining: 'counting the rest',
  checking: 'checking every like',
};

/** The same in one word, where a row has no room for more. */
export const PHASE_WORDS: Readonly<Record<TrialProgress['phase'], string>> = {
  preparing: 'starts',
  publishing: 'sends',
  counting: 'counts',
  both: 'both',
  striking: 'struck',
  draining: 'drains',
  checking: 'check',
};

/** One broker at one tier: what its trial does now, or what became of its last one. */
export interface LiveRow extends Partial<TrialLive> {
  readonly broker: string;
  readonly tier: string;
  /** One word: a phase, a verdict, or `waits` before its first trial. */
  readonly now: string;
  readonly likesPerS?: number | undefined;
}

export interface LiveTrial {
  /** `[3/12] latency · kafka (kill) · paced`. */
  readonly title: string;
  readonly progress: TrialProgress;
}

interface LiveColumn {
  readonly head: string;
  /** Room for what may come, so that the columns stand still. */
  readonly widthLeast?: number;
  readonly text: (row: LiveRow) => string;
}

const amount = (value: number | undefined) => (value === undefined ? '–' : compact(value));

const NUMBERS: readonly LiveColumn[] = [
  { head: 'likes/s', text: ({ likesPerS }) => amount(likesPerS) },
  { head: 'backlog', text: ({ backlog }) => amount(backlog) },
  {
    head: 'lag',
    widthLeast: 5,
    text: ({ lagMs }) => (lagMs === undefined ? '–' : compactTime(lagMs)),
  },
  { head: 'attempted', text: ({ ledger }) => amount(ledger?.attempted) },
  { head: 'ok', widthLeast: 5, text: ({ ledger }) => amount(ledger?.ok) },
  { head: 'unknown', text: ({ ledger }) => amount(ledger?.unknown) },
  { head: 'fail', text: ({ ledger }) => amount(ledger?.fail) },
  { head: 'counted', text: ({ ledger }) => amount(ledger?.counted) },
];

/** Left out one after the other where the screen is too narrow: what the others tell as well. */
const LEFT_OUT_FIRST = ['attempted', 'likes/s', 'ok', 'lag', 'fail', 'unknown', 'backlog'];

/** The trials under way, two lines each, and below them a row for each broker. */
export function renderLive(
  trials: readonly LiveTrial[],
  rows: readonly LiveRow[],
  columns: number,
): string {
  const heads = trials.flatMap(({ title, progress }) => [
    title,
    `  ${describeProgress(progress, true)}`,
  ]);
  return [...heads, '', ...renderRows(rows, columns)]
    .map((line) => shortened(line, columns))
    .join('\n');
}

/** A head and a line for each row, none wider than the screen. */
export function renderRows(rows: readonly LiveRow[], columns: number): string[] {
  const isAlone = new Set(rows.map(({ broker }) => broker)).size === rows.length;
  const name: LiveColumn = {
    head: 'broker',
    text: ({ broker, tier }) => (isAlone ? broker : `${broker} ${tier}`),
  };
  const now: LiveColumn = { head: 'now', widthLeast: 7, text: (row) => row.now };
  let shown = [name, now, ...NUMBERS];
  for (const head of LEFT_OUT_FIRST) {
    if (lineOf(shown, rows).width <= columns) break;
    shown = shown.filter((column) => column.head !== head);
  }
  return lineOf(shown, rows).lines;
}

function lineOf(columns: readonly LiveColumn[], rows: readonly LiveRow[]) {
  const cells = [
    columns.map(({ head }) => head),
    ...rows.map((row) => columns.map((column) => column.text(row))),
  ];
  const widths = columns.map(({ widthLeast = 0 }, at) =>
    Math.max(widthLeast, ...cells.map((line) => line[at]!.length)),
  );
  const isText = (at: number) => at < 2;
  const lines = cells.map((line) =>
    line
      .map((text, at) => (isText(at) ? text.padEnd(widths[at]!) : text.padStart(widths[at]!)))
      .join(' ')
      .trimEnd(),
  );
  return { lines, width: widths.reduce((sum, width) => sum + width + 1, -1) };
}

/** How far a trial is; with a bar where the rates stand in a table of their own. */
export function describeProgress(progress: TrialProgress, withBar: boolean): string {
  const { phase, likesDone, likesTotal, likesPerS, held, strikes } = progress;
  const [done, total] = strikes ? [strikes.done, strikes.planned] : [likesDone, likesTotal];
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const full = Math.round(share * BAR_CHARACTERS);
  const bar = withBar ? `${'█'.repeat(full)}${'░'.repeat(BAR_CHARACTERS - full)} ` : '';
  if (strikes) return `${bar}${PHASES[phase]} ${done} of ${total} times`;
  if (phase === 'striking') return `${bar}under load, to be struck`;
  const words = [`${bar}${Math.floor(share * 100)} %`, PHASES[phase]];
  if (likesPerS > 0) {
    if (!withBar) words.push(`${formatNumber(likesPerS, 0)} likes/s`);
    words.push(`${formatDuration((likesTotal - likesDone) / likesPerS)} left`);
  }
  if (held) words.push('the producer waits, since the backlog is at its limit');
  return words.join(' · ');
}

/** Backlog, lag and ledger in words, for a line by itself. */
export function describeLive({ backlog, lagMs, ledger }: TrialLive): string {
  const words = [`backlog ${formatNumber(backlog, 0)}`];
  if (lagMs !== undefined) words.push(`lag ${formatNumber(lagMs, 0)} ms`);
  return [...words, describeLedger(ledger)].join(' · ');
}

/** Of a ledger, or of the sums that become one. */
export function describeLedger(ledger: TrialLive['ledger']): string {
  const { attempted, ok, unknown, fail, counted } = ledger;
  const text = (value: number) => formatNumber(value, 0);
  const sum = `${text(ok)} ok, ${text(unknown)} unknown, ${text(fail)} fail`;
  return `${text(attempted)} attempted (${sum}), ${text(counted)} counted`;
}

/** At most five characters: 9,999 or 99.9k or 999k or 9.99M. */
export function compact(value: number): string {
  const whole = Math.round(value);
  if (whole < 10_000) return formatNumber(whole, 0);
  for (const [unit, size] of [
    ['k', 1e3],
    ['M', 1e6],
  ] as const) {
    const amount = whole / size;
    if (amount < 9.995) return `${amount.toFixed(2)}${unit}`;
    if (amount < 99.95) return `${amount.toFixed(1)}${unit}`;
    if (amount < 999.5) return `${amount.toFixed(0)}${unit}`;
  }
  return `${(whole / 1e9).toFixed(1)}G`;
}

/** At most five characters: 999ms or 99.9s or 999s or 59min. */
export function compactTime(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  const seconds = ms / 1000;
  if (seconds < 99.95) return `${seconds.toFixed(1)}s`;
  if (seconds < 999.5) return `${Math.round(seconds)}s`;
  const minutes = seconds / 60;
  return minutes < 99.5 ? `${Math.round(minutes)}min` : `${Math.round(minutes / 60)}h`;
}

/** No line may wrap: a wrapped one would jump on each redraw. */
function shortened(line: string, columns: number): string {
  const characters = [...line];
  if (characters.length <= columns) return line;
  return `${characters.slice(0, columns - 1).join('')}…`;
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
