/** The way of one like, hop by hop: the like whose whole way is the median, and each hop's p99. */
import * as Plot from '@observablehq/plot';
import { middleOf, sentenceOf } from '../../experiments/write-path-answers.ts';
import { groupsOf } from '../../experiments/write-path-tables.ts';
import { formatNumber } from '../../lab/table.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { type Chart, draw, linearTicks, markOf, PANEL_WIDTH, shortNumber } from '../drawing.ts';
import { inkOf } from '../looks.ts';

const ROW_PX = 24;
const AXIS_PX = 28;
/** Room for the names of the hops, and for the figures beside the bars. */
const NAMES_PX = 124;
const FIGURES_PX = 64;
const GAP_PX = 6;

interface HopRow {
  readonly name: string;
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
    ([group]) => middleOf(group!),
  );
  if (firsts.length === 0) return undefined;
  return {
    name: 'write-path-hops',
    title: 'The way of a like, hop by hop',
    reading:
      'From left to right, ms since the like was due: each bar is a hop of the one like whose ' +
      'whole way was the median, drawn where it lay. Where the bar of the queue begins left of ' +
      'the end of the send, it was delivered before its acknowledgement was back. Beside each ' +
      'bar stands the p99 of that hop over all traced likes.',
    summary: firsts.flatMap((result) => sentenceOf(result)?.replaceAll('**', '') ?? []).join(' '),
    panels: firsts.map((result) => ({
      title: `${result.broker} at ${result.plan.pace}: ms since due`,
      svg: panelOf(result),
    })),
  };
}

function panelOf(result: TrialResult): string {
  const rows = rowsOf(result);
  const { broker } = result;
  const most = Math.max(...rows.map(({ toMs }) => toMs), 0.1);
  const ticks = linearTicks(most);
  // All rows in one mark each, and not a mark each: this page holds many charts.
  const look = { y: 'name', className: markOf(broker) } as const;
  return draw(
    {
      ...{ width: PANEL_WIDTH, height: rows.length * ROW_PX + AXIS_PX },
      ...{ marginTop: 0, marginBottom: AXIS_PX, marginLeft: NAMES_PX, marginRight: FIGURES_PX },
      x: { type: 'linear', domain: [0, most], label: null },
      y: { type: 'band', domain: rows.map(({ name }) => name), padding: 0.3, axis: null },
      marks: [
        Plot.gridX(ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
        Plot.axisX(ticks, { tickSize: 0, tickFormat: shortNumber, label: null }),
        Plot.barX(rows, {
          ...{ x1: 'fromMs', x2: 'toMs', ...look, fill: inkOf(broker), stroke: inkOf(broker) },
          title: ({ name, fromMs, toMs }: HopRow) => `${name}: ${shortMs(toMs - fromMs)} ms`,
        }),
        Plot.text(rows, {
          ...{ ...look, text: 'name', frameAnchor: 'left', textAnchor: 'end', dx: -GAP_PX },
        }),
        Plot.text(rows, {
          ...{ ...look, frameAnchor: 'right', textAnchor: 'start', dx: GAP_PX },
          ...{ fill: 'var(--quiet)', text: ({ p99Ms }: HopRow) => `p99 ${shortMs(p99Ms)}` },
        }),
      ],
    },
    `${broker}: the hops of one like`,
  );
}

function rowsOf(result: TrialResult): HopRow[] {
  const { hops, median } = result.writePath!;
  let atUs = 0;
  return hops.map(({ name, p99Us }, place) => {
    const fromUs = atUs;
    atUs += median!.hopsUs[place]!;
    const [fromMs, toMs] = [Math.min(fromUs, atUs) / 1_000, Math.max(fromUs, atUs) / 1_000];
    return { name, fromMs, toMs, p99Ms: p99Us / 1_000 };
  });
}

function shortMs(ms: number): string {
  return formatNumber(ms, Math.abs(ms) < 10 ? 1 : 0);
}
