/** The shards as bars, routing by routing, and the keys that move when one more is added. */
import * as Plot from '@observablehq/plot';
import type { TrialResult } from '../../lab/trial-result.ts';
import { type Chart, linearTicks } from '../drawing.ts';
import { anchorOf } from '../shown.ts';
import { drawRows, type Row } from './rows.ts';

/** One where ranges fail, one where hashes do. */
const STREAMS = ['newest', 'zipf 1.2'];
/** Room for a figure behind the longest bar. */
const MARGIN_PX = 60;

interface BarRow extends Row {
  /** In %. */
  readonly value: number;
  /** What it would be if all were alike, or what is expected. */
  readonly mark: number;
  readonly title: string;
  readonly href: string;
}

type Calculated = TrialResult & Required<Pick<TrialResult, 'calculatedLoads'>>;

const isCalculated = (result: TrialResult): result is Calculated =>
  result.calculatedLoads !== undefined;

/** A chart for each of the two workloads that has been calculated. */
export function loadCharts(results: readonly TrialResult[]): Chart[] {
  return STREAMS.flatMap((stream) => {
    const found = results.find((one) => one.calculatedLoads?.stream === stream);
    return found !== undefined && isCalculated(found) ? [loadChart(found)] : [];
  });
}

function loadChart(result: Calculated): Chart {
  const { stream, routings } = result.calculatedLoads;
  const panels = routings.map(({ routing, bars }) => ({ routing, rows: loadRows(result, bars) }));
  const most = Math.max(...panels.flatMap(({ rows }) => rows.map(({ value }) => value)));
  const shards = routings[0]?.bars.length ?? 0;
  return {
    name: `sharding-${stream.replaceAll(/[ .]/g, '-')}`,
    title: `${shards} shards under each routing, workload ${stream}`,
    reading:
      'Each bar is the share of all likes that falls on a shard, by calculation; the line is an ' +
      'even share.',
    summary: panels
      .map(({ routing, rows }) => {
        const shares = rows.map(({ value }) => `${value.toFixed(1)} %`);
        return `${routing}: ${shares.join(', ')}.`;
      })
      .join(' '),
    panels: panels.map(({ routing, rows }) => ({
      title: `${routing}: % of the likes of ${stream}`,
      svg: drawRows({
        ...{ rows, rowPx: 17, marginRight: MARGIN_PX, label: `${routing}: % of likes by shard` },
        x: { type: 'linear', domain: [0, most] },
        ...{ ticks: linearTicks(most), tickFormat: String, marks: marksOf },
      }),
    })),
  };
}

function loadRows(result: Calculated, bars: readonly number[]): BarRow[] {
  const sum = bars.reduce((running, likes) => running + likes, 0);
  return bars.map((likes, shard) => ({
    label: `shard ${shard}`,
    value: sum > 0 ? (likes * 100) / sum : 0,
    mark: 100 / bars.length,
    title: `shard ${shard}: ${likes.toLocaleString('en-US')} likes`,
    href: `#${anchorOf(result)}`,
  }));
}

/** Undefined where no calculation tells of keys that move. */
export function movesChart(results: readonly TrialResult[]): Chart | undefined {
  const told = results
    .filter(isCalculated)
    .find(({ calculatedLoads }) => calculatedLoads.moves !== undefined);
  const moves = told?.calculatedLoads.moves;
  if (told === undefined || moves === undefined) return undefined;
  const panels = moves.shardsBefore.map((shards, at) => ({
    title: `${shards} → ${shards + 1} shards: % of the keys that move`,
    rows: moves.routings.map(
      ({ routing, moved, expected }): BarRow => ({
        label: routing,
        value: moved[at]! * 100,
        mark: expected[at]! * 100,
        title: `${routing}: ${(moved[at]! * 100).toFixed(1)} % of ${moves.keys} keys`,
        href: `#${anchorOf(told)}`,
      }),
    ),
  }));
  return {
    name: 'sharding-moves',
    title: 'Keys that move when a shard is added',
    reading: 'The same keys under each routing, by calculation; the line is what is expected.',
    summary: panels
      .map(({ title, rows }) => {
        const each = rows.map(({ label, value }) => `${label} ${value.toFixed(1)}`);
        return `${title}: ${each.join(', ')}.`;
      })
      .join(' '),
    panels: panels.map(({ title, rows }) => ({
      title,
      svg: drawRows({
        ...{ rows, rowPx: 21, marginRight: MARGIN_PX, label: title },
        x: { type: 'linear', domain: [0, 100] },
        ...{ ticks: [0, 50, 100], tickFormat: String, marks: marksOf },
      }),
    })),
  };
}

function marksOf(row: BarRow, className: string | undefined): Plot.Markish[] {
  const y = () => row.label;
  return [
    Plot.barX([row], {
      ...{ x1: 0, x2: 'value', y, fill: 'var(--quiet)', className },
      ...{ href: 'href', title: 'title' },
    }),
    Plot.tickX([row], { x: 'mark', y, stroke: 'currentColor', strokeWidth: 2, className }),
    Plot.text([row], {
      ...{ x: (one: BarRow) => Math.max(one.value, one.mark), y, textAnchor: 'start', dx: 6 },
      ...{ text: (one: BarRow) => `${one.value.toFixed(1)} %`, className },
    }),
  ];
}
