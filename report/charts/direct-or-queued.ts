/** Direct or queued: how late the API answers at each rate, and what a burst on one post does. */
import * as Plot from '@observablehq/plot';
import { apiOf, offeredPerS, queueOf, wayOf } from '../../experiments/direct-or-queued-columns.ts';
import { isBurst, isSteady, runOf } from '../../experiments/direct-or-queued-turns.ts';
import { DIRECT } from '../../lab/path-plan.ts';
import { formatNumber } from '../../lab/table.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { type Chart, draw, logTicks, markOf, PANEL_WIDTH, shortNumber } from '../drawing.ts';
import { inkOf, lookOf } from '../looks.ts';
import { anchorOf } from '../shown.ts';
import { spreadLabels } from '../spread-labels.ts';
import { type Figure, figureOf, figureText } from '../uncertainty.ts';
import { drawRows, type Row } from './rows.ts';

type Results = readonly TrialResult[];

const HEIGHT = 230;
const MARGIN = { marginTop: 16, marginRight: 108, marginBottom: 34, marginLeft: 44 };
const LABEL_PX = 14;
/** The simpler one of each side is drawn through, the other one dashed. */
const SHORT_NAMES: Readonly<Record<string, { readonly name: string; readonly dash: string }>> = {
  'direct, +1': { name: 'direct', dash: 'none' },
  'direct, with states': { name: 'direct, states', dash: '5 3' },
  'queue, coalesced updates': { name: 'queue', dash: 'none' },
  'queue, one update a like': { name: 'queue, single', dash: '5 3' },
};

interface Point {
  readonly rate: number;
  readonly ms: number;
  readonly href: string;
  readonly title: string;
  /** Such as `, 30.0 % not accepted`; empty where all were. */
  readonly missing: string;
}

interface Line {
  readonly broker: string;
  readonly name: string;
  readonly dash: string;
  readonly points: readonly Point[];
}

const p99Ms = (result: TrialResult): number | undefined => {
  const us = apiOf(result)?.p99Us;
  return us === undefined ? undefined : us / 1_000;
};

const standing = (results: Results) =>
  results.filter(({ numbersValid, verdict }) => numbersValid && verdict === 'pass');

/** Empty where neither rates nor bursts were measured. */
export function waysCharts(results: Results): Chart[] {
  const steady = standing(results).filter((one) => isSteady(one) && p99Ms(one) !== undefined);
  return [ratesChart(steady), burstChart(results.filter(isBurst))].flatMap((chart) => chart ?? []);
}

/** By broker and tier; direct writing has no broker and stands in each. */
function panelsOf(results: Results): { title: string; own: Results }[] {
  const directs = results.filter(({ broker }) => broker === DIRECT);
  const queued = results.filter(({ broker }) => broker !== DIRECT);
  const groups = Map.groupBy(queued, (result) => `${queueOf(result)}, tier ${result.tier}`);
  return [...groups]
    .map(([title, own]) => ({ title, own: [...directs, ...own] }))
    .sort((one, other) => one.title.localeCompare(other.title, 'en'));
}

function linesOf(results: Results): Line[] {
  return [...Map.groupBy(results, wayOf)].map(([way, own]): Line => {
    const { broker } = own[0]!;
    const points = [...Map.groupBy(own, offeredPerS)].map(([rate, group]): Point => {
      const figure = figureOf(group.flatMap((result) => p99Ms(result) ?? []))!;
      const lost = figureOf(group.flatMap((result) => lostPercent(result) ?? []));
      const missing =
        lost !== undefined && lost.middle > 0 ? `, ${figureText(lost, 1)} % not accepted` : '';
      const p99 = `p99 ${figureText(figure, 1)} ms`;
      const title = `${way}, ${formatNumber(rate!, 0)}/s: ${p99}${missing}`;
      const href = `#${anchorOf(group[0]!)}`;
      return { rate: rate!, ms: figure.middle, href, title, missing };
    });
    const { name, dash } = SHORT_NAMES[way] ?? { name: way, dash: '1 3' };
    return { broker, name, dash, points: points.sort((one, other) => one.rate - other.rate) };
  });
}

function ratesChart(results: Results): Chart | undefined {
  const panels = panelsOf(results).map(({ title, own }) => ({ title, lines: linesOf(own) }));
  if (panels.length === 0) return undefined;
  const all = panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
  const around = (values: readonly number[]): [number, number] => {
    return [Math.min(...values) * 0.8, Math.max(...values) * 1.25];
  };
  const domains = {
    x: around(all.map(({ rate }) => rate)),
    y: around(all.map(({ ms }) => ms)),
  };
  return {
    name: 'direct-or-queued',
    title: 'How late the API answers, written directly and through a queue',
    reading:
      'From due to 202, in ms, at the requests offered per second; both axes are logarithmic, ' +
      'and 99 % of the accepted requests are faster; those that were not accepted have no time ' +
      'here, and how many they are the point says. `queue` counts many likes at once, ' +
      '`queue, single` one by one. Direct writing is the same in each panel. A point leads to ' +
      'its trial.',
    summary: panels.map(({ title, lines }) => `${title}: ${summaryOf(lines)}.`).join(' '),
    panels: panels.map(({ title, lines }) => ({
      title: `${title}: p99 ms`,
      svg: panel(lines, domains, `${title}: p99 of the API in ms by rate`),
    })),
  };
}

function summaryOf(lines: readonly Line[]): string {
  return lines
    .map(({ name, points }) => {
      const at = ({ ms, rate, missing }: Point) =>
        `${formatNumber(ms, 1)} ms at ${formatNumber(rate, 0)}/s${missing}`;
      const [first, last] = [points[0]!, points.at(-1)!];
      return `${name} ${first === last ? at(first) : `${at(first)} to ${at(last)}`}`;
    })
    .join('; ');
}

type Domains = Record<'x' | 'y', [number, number]>;

function panel(lines: readonly Line[], { x, y }: Domains, label: string): string {
  const ticks = { x: logTicks(...x), y: logTicks(...y) };
  const decades = ticks.x.filter((tick) => Math.log10(tick) % 1 === 0);
  return draw(
    {
      ...{ height: HEIGHT, ...MARGIN, width: PANEL_WIDTH },
      x: { type: 'log', domain: x, label: null },
      y: { type: 'log', domain: y, label: null },
      marks: [
        Plot.gridY(ticks.y, { stroke: 'var(--rule)', strokeOpacity: 1 }),
        Plot.axisX(decades, { tickFormat: shortNumber, tickSize: 4 }),
        Plot.axisY(ticks.y, { tickFormat: shortNumber, tickSize: 0, label: null }),
        ...lines.flatMap(lineOf),
        ...labelsOf(lines, x[1], y),
      ],
    },
    label,
  );
}

function lineOf({ broker, dash, points }: Line): Plot.Markish[] {
  const ink = inkOf(broker);
  const at = { x: 'rate', y: 'ms', className: markOf(broker) };
  return [
    Plot.line(points, { ...at, stroke: ink, strokeWidth: 1.75, strokeDasharray: dash }),
    Plot.dot(points, {
      ...{ ...at, symbol: lookOf(broker).symbol, r: 3.5, fill: ink },
      ...{ stroke: 'var(--page)', strokeWidth: 1, href: 'href', title: 'title' },
    }),
  ];
}

/** Each line's name at its right end, apart from the others. */
function labelsOf(
  lines: readonly Line[],
  right: number,
  y: readonly [number, number],
): Plot.Markish[] {
  const [top, bottom] = [MARGIN.marginTop, HEIGHT - MARGIN.marginBottom];
  const [low, high] = [Math.log(y[0]), Math.log(y[1])];
  const wanted = lines.map(({ points }) => {
    return bottom - ((Math.log(points.at(-1)!.ms) - low) / (high - low)) * (bottom - top);
  });
  const places = spreadLabels(wanted, LABEL_PX, top, bottom);
  return lines.map(({ broker, name }, place) => {
    const ms = Math.exp(low + ((bottom - places[place]!) / (bottom - top)) * (high - low));
    return Plot.text([{ x: right, y: ms }], {
      ...{ x: 'x', y: 'y', text: () => name, dx: 4, textAnchor: 'start' },
      ...{ fill: inkOf(broker), fontWeight: 600, className: markOf(broker) },
    });
  });
}

interface BurstRow extends Row {
  readonly broker: string;
  readonly figure: Figure;
  readonly href: string;
}

const BURST_FIGURES = [
  { title: 'requests not accepted, %', kind: 'linear', value: lostPercent },
  { title: 'p99 of the API, ms', kind: 'log', value: ifStanding(p99Ms) },
  { title: 'count exact after the last 202, ms', kind: 'log', value: ifStanding(exactAfterMs) },
] as const;

/** As in the table of turns: what was accepted may stand where times do not. */
function lostPercent(result: TrialResult): number | undefined {
  const share = runOf(result)?.notAcceptedShare;
  return share === undefined ? undefined : share * 100;
}

function ifStanding(value: (result: TrialResult) => number | undefined) {
  return (result: TrialResult) => (standing([result]).length > 0 ? value(result) : undefined);
}

/** A logarithm knows no 0, and a ms more or less is none of its matter. */
function exactAfterMs({ path }: TrialResult): number | undefined {
  return path?.exactAfterMs === undefined ? undefined : Math.max(1, path.exactAfterMs);
}

/** The largest burst of all. */
function burstChart(results: Results): Chart | undefined {
  const most = Math.max(0, ...results.flatMap((result) => offeredPerS(result) ?? []));
  const own = results.filter((result) => offeredPerS(result) === most);
  const panels = BURST_FIGURES.map((figure) => ({ ...figure, rows: rowsOf(own, figure.value) }));
  const told = panels.filter(({ rows }) => rows.length > 0);
  if (told.length === 0) return undefined;
  const factor = own[0]!.plan.path!.burst!.factor;
  return {
    name: 'direct-or-queued-burst',
    title: `A burst of ${factor} times the rate on one post`,
    reading:
      `${formatNumber(most, 0)} requests per second, nearly all of them for one post. What was ` +
      'accepted is counted, later through a queue.',
    summary: told.map(({ title, rows }) => `${title}: ${wordsOf(rows)}.`).join(' '),
    panels: told.map(({ title, kind, rows }) => ({ title, svg: bars(rows, kind, title) })),
  };
}

function rowsOf(results: Results, value: (one: TrialResult) => number | undefined): BurstRow[] {
  const nameOf = (result: TrialResult) => {
    const name = SHORT_NAMES[wayOf(result)]?.name ?? wayOf(result);
    return result.broker === DIRECT ? name : name.replace('queue', queueOf(result));
  };
  return [...Map.groupBy(results, nameOf)]
    .flatMap(([label, group]): BurstRow[] => {
      const figure = figureOf(group.flatMap((result) => value(result) ?? []));
      const [first] = group;
      const href = `#${anchorOf(first!)}`;
      return figure === undefined ? [] : [{ label, broker: first!.broker, figure, href }];
    })
    .sort((one, other) => one.label.localeCompare(other.label, 'en'));
}

const wordsOf = (rows: readonly BurstRow[]) =>
  rows.map(({ label, figure }) => `${label} ${figureText(figure, 0)}`).join('; ');

function bars(rows: readonly BurstRow[], kind: 'linear' | 'log', label: string): string {
  const most = Math.max(...rows.map(({ figure }) => figure.middle));
  const least = Math.min(...rows.map(({ figure }) => figure.middle));
  const domain: [number, number] = kind === 'log' ? [least * 0.8, most * 1.25] : [0, 100];
  return drawRows({
    ...{ rows, rowPx: 20, marginRight: 48, label },
    x: { type: kind, domain },
    ticks: kind === 'log' ? logTicks(...domain) : [0, 50, 100],
    tickFormat: shortNumber,
    marks: ({ label: name, broker, figure, href }, className) => [
      Plot.dot([figure], {
        ...{ x: 'middle', y: () => name, r: 4, symbol: lookOf(broker).symbol, className },
        ...{ fill: inkOf(broker), href: () => href },
      }),
      Plot.text([figure], {
        ...{ y: () => name, frameAnchor: 'right', dx: 8, textAnchor: 'start', className },
        ...{ text: () => textOf(figure.middle, kind) },
        fill: 'currentColor',
      }),
    ],
  });
}

/** On a logarithmic axis nothing stands below 1. */
function textOf(value: number, kind: 'linear' | 'log'): string {
  if (kind === 'log' && value <= 1) return 'below 1';
  return formatNumber(value, value < 10 ? 1 : 0);
}
