/** Rates with how sure one may be of them: a row for each broker and tier. */
import * as Plot from '@observablehq/plot';
import { BROKER_HEAD } from '../../lab/common-columns.ts';
import { METRICS } from '../../lab/metrics.ts';
import { formatNumber } from '../../lab/table.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { correctLikesPerS } from '../correct-rate.ts';
import { type Chart, logTicks, shortNumber } from '../drawing.ts';
import { inkOf, lookOf } from '../looks.ts';
import { anchorOf } from '../shown.ts';
import { type Figure, figureOf, figureText, sureness } from '../uncertainty.ts';
import { drawRows, type Row } from './rows.ts';
import { TIER_ORDER } from './tiers.ts';

interface Rate {
  readonly name: string;
  readonly title: string;
  value(result: TrialResult): number | undefined;
}

const RATES: readonly Rate[] = [
  { name: 'correct', title: 'published, then counted correctly', value: correctLikesPerS },
  ...METRICS.filter(({ unit }) => unit === 'likes/s'),
];

interface RateRow extends Row {
  readonly broker: string;
  readonly figure: Figure;
  readonly group: readonly TrialResult[];
  value(result: TrialResult): number | undefined;
}

export function throughputChart(results: readonly TrialResult[]): Chart | undefined {
  const panels = RATES.map((rate) => ({ ...rate, rows: rowsOf(results, rate) }));
  const told = panels.filter(({ rows }) => rows.length > 0);
  if (told.length === 0) return undefined;
  const rows = told.flatMap((panel) => panel.rows);
  const values = rows.flatMap(({ figure }) => figure.values);
  const domain: [number, number] = [Math.min(...values) * 0.8, Math.max(...values) * 1.25];
  return {
    name: 'throughput',
    title: 'Throughput, with each run',
    reading:
      `Likes per second; the axis is logarithmic. ${sureness(rows.map(({ figure }) => figure))} ` +
      'Every point is a run and leads to its trial. ' +
      BROKER_HEAD.meaning,
    summary: told.map(({ title, rows: own }) => `${title}: ${summaryOf(own)}.`).join(' '),
    panels: told.map(({ title, rows: own }) => ({
      title: `${title}, likes/s`,
      svg: drawRows({
        ...{ rows: own, rowPx: 21, marginRight: 62, label: `${title}, likes per second` },
        x: { type: 'log', domain },
        ticks: logTicks(...domain),
        tickFormat: shortNumber,
        marks: marksOf,
      }),
    })),
  };
}

function rowsOf(results: readonly TrialResult[], { value }: Rate): RateRow[] {
  const groups = Map.groupBy(results, ({ broker, tier }) => `${broker} · ${tier}`);
  const rows = [...groups].flatMap(([label, all]): RateRow[] => {
    const group = all.filter((result) => value(result) !== undefined);
    const figure = figureOf(group.flatMap((result) => value(result) ?? []));
    if (figure === undefined) return [];
    const { broker, tier } = group[0]!;
    return [{ label, broker, tier, figure, group, value }];
  });
  const placeOf = ({ tier }: RateRow) => TIER_ORDER.indexOf(tier as TrialResult['tier']);
  return rows.sort((a, b) => placeOf(a) - placeOf(b) || b.figure.middle - a.figure.middle);
}

function marksOf(row: RateRow, className: string | undefined): Plot.Markish[] {
  const { label, broker, figure, group } = row;
  const ink = inkOf(broker);
  const isInterval = figure.kind === 'interval';
  const points = group.map((result) => ({
    x: row.value(result)!,
    href: `#${anchorOf(result)}`,
    title: `${broker}, tier ${result.tier}: ${formatNumber(row.value(result)!, 0)} likes/s`,
  }));
  const y = () => label;
  return [
    Plot.ruleY([figure], {
      ...{ x1: 'low', x2: 'high', y, stroke: ink, strokeWidth: isInterval ? 5 : 1.5 },
      ...{ strokeOpacity: isInterval ? 0.35 : 0.7, className },
    }),
    Plot.dot(points, {
      ...{ x: 'x', y, r: 4, symbol: lookOf(broker).symbol, fill: ink, className },
      ...{ stroke: 'var(--page)', strokeWidth: 1, href: 'href', title: 'title' },
    }),
    ...(figure.runs > 1
      ? [Plot.tickX([figure], { x: 'middle', y, stroke: ink, strokeWidth: 2, className })]
      : []),
    Plot.text([figure], {
      ...{ y, frameAnchor: 'right', dx: 8, textAnchor: 'start', fill: 'currentColor', className },
      text: ({ middle }: Figure) => formatNumber(middle, 0),
    }),
  ];
}

function summaryOf(rows: readonly RateRow[]): string {
  return rows.map(({ label, figure }) => `${label} ${figureText(figure, 0)}`).join('; ');
}
