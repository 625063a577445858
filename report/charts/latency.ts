/** Latency against load: a panel for each tier and percentile, a line for each broker. */
import * as Plot from '@observablehq/plot';
import type { TrialResult } from '../../lab/trial-result.ts';
import { type Chart, draw, logTicks, markOf, PANEL_WIDTH, shortNumber } from '../drawing.ts';
import { CEILING, inkOf, lookOf } from '../looks.ts';
import { anchorOf } from '../shown.ts';
import { spreadLabels } from '../spread-labels.ts';
import { figureOf, figureText } from '../uncertainty.ts';
import { tiersOf } from './tiers.ts';

const PERCENTILES = [
  { field: 'p50Us', name: 'p50', words: 'half of the likes are faster' },
  { field: 'p99Us', name: 'p99', words: '99 % of the likes are faster' },
] as const;
type Percentile = (typeof PERCENTILES)[number];

const HEIGHT = 260;
const MARGIN = { marginTop: 22, marginRight: 96, marginBottom: 38, marginLeft: 44 };
const LABEL_PX = 14;

interface Point {
  readonly broker: string;
  readonly rate: number;
  readonly ms: number;
  readonly low: number;
  readonly high: number;
  readonly href: string;
  readonly title: string;
}

/** Undefined where no trial at a fixed rate stands. */
export function latencyChart(results: readonly TrialResult[]): Chart | undefined {
  const standing = results.filter(
    ({ plan, latencies, numbersValid }) =>
      plan.mode === 'paced' && plan.likesPerS !== undefined && latencies && numbersValid,
  );
  const tiers = tiersOf(standing.filter(({ broker }) => broker !== CEILING));
  if (tiers.length === 0) return undefined;
  const panels = tiers.flatMap((tier) =>
    PERCENTILES.map((percentile) => ({
      tier,
      percentile,
      points: pointsOf(standing, tier, percentile),
    })),
  );
  const all = panels.flatMap(({ points }) => points);
  const domains = {
    x: around(all.map(({ rate }) => rate)),
    y: around(all.flatMap(({ low, high }) => [low, high])),
  };
  return {
    name: 'latency',
    title: 'Latency against load',
    reading:
      'From due to visible in the count, in ms, at the rate that was offered; both axes are ' +
      'logarithmic. Left half of the likes are faster, right 99 % are. Where a point is several ' +
      'runs, the thin line at it says how sure it is. A point leads to its ' +
      'trial; none at saturation is drawn.',
    summary: summaryOf(panels.filter(({ percentile }) => percentile.name === 'p99')),
    panels: panels.map(({ tier, percentile, points }) => {
      const title = `tier ${tier}: ${percentile.name} ms`;
      return { title, tier, svg: panel(points, domains, `${title}, ${percentile.words}`) };
    }),
  };
}

function around(values: readonly number[]): [number, number] {
  return [Math.min(...values) * 0.8, Math.max(...values) * 1.25];
}

/** The ceiling has one tier of its own and stands in all panels. */
function pointsOf(results: readonly TrialResult[], tier: string, { field, name }: Percentile) {
  const own = results.filter((result) => result.tier === tier || result.broker === CEILING);
  const groups = Map.groupBy(own, ({ broker, plan }) => `${broker} ${plan.pace ?? plan.likesPerS}`);
  const points = [...groups.values()].map((group): Point => {
    const [first] = group;
    const { broker } = first!;
    const figure = figureOf(group.map(({ latencies }) => latencies!.dueToVisible[field] / 1000))!;
    const rate = figureOf(group.map(({ plan }) => plan.likesPerS!))!.middle;
    const offered = `${Math.round(rate).toLocaleString('en-US')}/s`;
    const title = `${broker}, tier ${first!.tier}, ${offered}: ${name} ${figureText(figure, 1)} ms`;
    const { middle: ms, low, high } = figure;
    return { broker, rate, ms, low, high, href: `#${anchorOf(first!)}`, title };
  });
  return points.sort((a, b) => a.broker.localeCompare(b.broker) || a.rate - b.rate);
}

type Domains = Record<'x' | 'y', [number, number]>;

function panel(points: readonly Point[], { x, y }: Domains, label: string): string {
  const brokers = [...Map.groupBy(points, ({ broker }) => broker)];
  const ends = brokers.map(([broker, own]) => ({ broker, end: own.at(-1)! }));
  const inner = { top: MARGIN.marginTop, bottom: HEIGHT - MARGIN.marginBottom };
  const [low, high] = y.map(Math.log) as [number, number];
  const toPx = (ms: number) =>
    inner.bottom - ((Math.log(ms) - low) / (high - low)) * (inner.bottom - inner.top);
  const places = spreadLabels(
    ends.map(({ end }) => toPx(end.ms)),
    LABEL_PX,
    inner.top,
    inner.bottom,
  );
  const labels = ends.map(({ broker, end }, place) => {
    const share = (inner.bottom - places[place]!) / (inner.bottom - inner.top);
    return { broker, end, ms: Math.exp(low + share * (high - low)) };
  });
  const grid = { stroke: 'var(--rule)', strokeOpacity: 1 };
  const [xTicks, yTicks] = [logTicks(...x), logTicks(...y)];
  return draw(
    {
      ...{ height: HEIGHT, ...MARGIN, width: PANEL_WIDTH },
      x: { type: 'log', domain: x, label: null },
      y: { type: 'log', domain: y, label: null },
      marks: [
        Plot.gridY(yTicks, grid),
        Plot.axisX(
          xTicks.filter((tick) => Math.log10(tick) % 1 === 0),
          {
            tickFormat: shortNumber,
            tickSize: 4,
          },
        ),
        Plot.axisY(yTicks, { tickFormat: shortNumber, tickSize: 0, label: null }),
        ...brokers.flatMap(([broker, own]) => lineOf(broker, own)),
        ...labels.flatMap((end) => labelOf(end, x[1])),
      ],
    },
    label,
  );
}

function lineOf(broker: string, points: readonly Point[]): Plot.Markish[] {
  const { symbol, dash } = lookOf(broker);
  const ink = inkOf(broker);
  const className = markOf(broker);
  const at = { x: 'rate', y: 'ms' };
  return [
    Plot.ruleX(points, { x: 'rate', y1: 'low', y2: 'high', stroke: ink, className }),
    Plot.line(points, { ...at, stroke: ink, strokeWidth: 1.75, strokeDasharray: dash, className }),
    Plot.dot(points, {
      ...at,
      ...{ symbol, r: 4, fill: ink, stroke: 'var(--page)', strokeWidth: 1, className },
      ...{ href: 'href', title: 'title' },
    }),
  ];
}

function labelOf(
  { broker, end, ms }: { broker: string; end: Point; ms: number },
  right: number,
): Plot.Markish[] {
  const ink = inkOf(broker);
  const className = markOf(broker);
  const leader = [{ x1: end.rate, y1: end.ms, x2: right, y2: ms }];
  return [
    Plot.link(leader, {
      ...{ x1: 'x1', y1: 'y1', x2: 'x2', y2: 'y2', className },
      ...{ stroke: ink, strokeWidth: 0.75, strokeOpacity: 0.5 },
    }),
    Plot.text([{ x: right, y: ms }], {
      ...{ x: 'x', y: 'y', text: () => broker, dx: 4, textAnchor: 'start', className },
      ...{ fill: ink, fontWeight: 600 },
    }),
  ];
}

function summaryOf(panels: readonly { tier: string; points: readonly Point[] }[]): string {
  return panels
    .map(({ tier, points }) => {
      const brokers = Map.groupBy(points, ({ broker }) => broker);
      const told = [...brokers].map(([broker, own]) => {
        const at = ({ ms, rate }: Point) =>
          `${ms.toFixed(1)} ms at ${Math.round(rate).toLocaleString('en-US')}/s`;
        const [first, last] = [own[0]!, own.at(-1)!];
        return `${broker} ${first === last ? at(first) : `${at(first)} to ${at(last)}`}`;
      });
      return `p99, tier ${tier}: ${told.join('; ')}.`;
    })
    .join(' ');
}
