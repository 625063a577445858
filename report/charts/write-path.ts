/** The way of one like, hop by hop: the like whose whole way is the median, and each hop's p99. */
import * as Plot from '@observablehq/plot';
import { sentenceOf } from '../../experiments/write-path-answers.ts';
import { groupsOf } from '../../experiments/write-path-tables.ts';
import { formatNumber } from '../../lab/table.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { type Chart, linearTicks, shortNumber } from '../drawing.ts';
import { inkOf } from '../looks.ts';
import { anchorOf } from '../shown.ts';
import { drawRows, type Row } from './rows.ts';

const ROW_PX = 24;
/** Room for the figures beside the bars. */
const FIGURES_PX = 72;

interface HopRow extends Row {
  readonly broker: string;
  readonly anchor: string;
  /** When the median like came into the hop and left it, since it was due; ms. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly p99Ms: number;
}

/** Undefined where no traced trial stands. */
export function writePathChart(results: readonly TrialResult[]): Chart | undefined {
  const standing = results.filter(
    ({ writePath, numbersValid }) => writePath?.median !== undefined && numbersValid,
  );
  // A picture for each broker, at the rate that all of them have.
  const firsts = [...Map.groupBy(groupsOf(standing), ([first]) => first!.broker).values()].map(
    ([group]) => group![0]!,
  );
  if (firsts.length === 0) return undefined;
  return {
    name: 'write-path-hops',
    title: 'The way of a like, hop by hop',
    reading:
      'From left to right, ms since the like was due: each bar is a hop of the one like whose ' +
      'whole way was the median, drawn where it lay. Where the bar of the queue begins left of ' +
      'the end of the send, it was delivered before its acknowledgement was back. Beside each ' +
      'bar stands the p99 of that hop over all traced likes. A bar leads to its trial.',
    summary: firsts.flatMap((result) => sentenceOf(result)?.replaceAll('**', '') ?? []).join(' '),
    panels: firsts.map((result) => ({
      title: `${result.broker} at ${result.plan.pace}: ms since due`,
      svg: panelOf(result),
    })),
  };
}

function panelOf(result: TrialResult): string {
  const rows = rowsOf(result);
  const most = Math.max(...rows.map(({ toMs }) => toMs), 0.1);
  return drawRows({
    ...{ rows, rowPx: ROW_PX, marginRight: FIGURES_PX },
    label: `${result.broker}: the hops of one like`,
    x: { type: 'linear', domain: [0, most] },
    ticks: linearTicks(most),
    tickFormat: shortNumber,
    marks: (row, className) => marksOf(row, most, className),
  });
}

function rowsOf(result: TrialResult): HopRow[] {
  const { hops, median } = result.writePath!;
  let atUs = 0;
  return hops.map(({ name, p99Us }, place) => {
    const fromUs = atUs;
    atUs += median!.hopsUs[place]!;
    return {
      ...{ label: name, broker: result.broker, anchor: anchorOf(result), p99Ms: p99Us / 1_000 },
      ...{ fromMs: Math.min(fromUs, atUs) / 1_000, toMs: Math.max(fromUs, atUs) / 1_000 },
    };
  });
}

function marksOf(row: HopRow, most: number, className: string | undefined): Plot.Markish[] {
  const y = () => row.label;
  return [
    Plot.barX([row], {
      ...{ x1: 'fromMs', x2: 'toMs', y, fill: inkOf(row.broker), className },
      ...{ stroke: inkOf(row.broker), strokeWidth: 1, insetTop: 3, insetBottom: 3 },
      href: () => `#${row.anchor}`,
      title: () => `${row.label}: ${formatNumber(row.toMs - row.fromMs, 2)} ms`,
    }),
    Plot.text([row], {
      ...{ x: () => most, y, dx: 6, textAnchor: 'start', fill: 'var(--quiet)', className },
      text: () => `p99 ${shortMs(row.p99Ms)}`,
    }),
  ];
}

function shortMs(ms: number): string {
  return formatNumber(ms, Math.abs(ms) < 10 ? 1 : 0);
}
