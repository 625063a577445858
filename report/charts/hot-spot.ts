/** The flash post second by second, with each cure and without: how late likes are, how many. */
import * as Plot from '@observablehq/plot';
import { cureOf, shareOf } from '../../experiments/hot-spot-tables.ts';
import { HOT_GROUPS, type HotGroup, type HotSpotFacts } from '../../lab/hot-spot-schema.ts';
import { formatNumber } from '../../lab/table.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { type Chart, draw, linearTicks, logTicks, PANEL_WIDTH, shortNumber } from '../drawing.ts';
import { spreadLabels } from '../spread-labels.ts';

const HEIGHT = 210;
const MARGIN = { marginTop: 16, marginRight: 84, marginBottom: 34, marginLeft: 44 };
const LABEL_PX = 14;

/** Who sees no colours sees dashes; the post is what it is about. */
const LOOKS: Readonly<Record<HotGroup, { stroke: string; width: number; dash: string }>> = {
  post: { stroke: 'var(--text)', width: 2.25, dash: 'none' },
  neighbours: { stroke: 'var(--text)', width: 1.25, dash: '5 3' },
  others: { stroke: 'var(--quiet)', width: 1.25, dash: '1 3' },
};
const NAMES: Readonly<Record<HotGroup, string>> = {
  post: 'the post',
  neighbours: 'neighbours',
  others: 'others',
};

interface Point {
  /** Since the flash began. */
  readonly s: number;
  readonly value: number;
}

interface Line {
  readonly group: HotGroup;
  readonly points: readonly Point[];
}

interface Timeline {
  readonly title: string;
  readonly facts: HotSpotFacts & { readonly flash: NonNullable<HotSpotFacts['flash']> };
}

/** Empty where no trial with a flash stands. */
export function hotSpotCharts(results: readonly TrialResult[]): Chart[] {
  const timelines = timelinesOf(results);
  if (timelines.length === 0) return [];
  const shading =
    'The shaded third is the time in which the post is viral; the upright line is the moment at ' +
    'which the last cure was in force.';
  const latencies = timelines.map((one) => linesOf(one, lateness));
  const rates = timelines.map((one) => linesOf(one, ({ counted }) => counted));
  // The same for all panels, so that one may look from one to the other.
  const x: [number, number] = [
    Math.min(...timelines.map(({ facts }) => -facts.flash.fromS)),
    Math.max(...timelines.map(({ facts }) => facts.seconds.others.due.length - facts.flash.fromS)),
  ];
  const most = (all: readonly (readonly Line[])[]) =>
    Math.max(1, ...all.flat().flatMap(({ points }) => points.map(({ value }) => value)));
  return [
    {
      name: 'hot-spot-latency',
      title: 'How late likes are, before, while and after a post is viral',
      reading:
        `99 % of the likes due in a second are visible within so many ms (logarithmic). ` +
        `${shading} Seconds are counted from the first like of the flash.`,
      summary: timelines.map(summaryOf).join(' '),
      panels: panelsOf(timelines, latencies, { x, kind: 'log', most: most(latencies) }),
    },
    {
      name: 'hot-spot-rate',
      title: 'How many likes are counted a second, before, while and after a post is viral',
      reading: `Likes that became visible in each second. ${shading}`,
      summary: timelines.map(countedOf).join(' '),
      panels: panelsOf(timelines, rates, { x, kind: 'linear', most: most(rates) }),
    },
  ];
}

/** Of the first broker, one run of each row: lines of several runs would hide each other. */
function timelinesOf(results: readonly TrialResult[]): Timeline[] {
  const told = results.filter(
    ({ hotSpot, numbersValid }) => hotSpot?.flash !== undefined && numbersValid,
  );
  const [broker] = [...new Set(told.map((result) => result.broker))].sort();
  const own = told.filter((result) => result.broker === broker);
  const rows = Map.groupBy(own, (result) => `${shareOf(result)} ${cureOf(result)}`);
  const timelines = [...rows.values()].map(([first]) => ({
    title: `${shareOf(first!)} of the likes, ${wordsOf(cureOf(first!))}`,
    facts: first!.hotSpot as Timeline['facts'],
  }));
  const place = ({ facts }: Timeline) => facts.flashShare ?? 0;
  return timelines.sort((one, other) => place(one) - place(other));
}

function wordsOf(cure: string): string {
  if (cure === 'none') return 'no cure';
  return cure === 'all' ? 'all cures' : cure;
}

type Seconds = HotSpotFacts['seconds']['post'];

/** No number where nothing was due. */
const lateness = ({ p99Ms }: Seconds) => p99Ms.map((ms) => (ms === null ? Number.NaN : ms));

function linesOf(
  { facts }: Timeline,
  valuesOf: (seconds: Seconds) => readonly number[],
): readonly Line[] {
  return HOT_GROUPS.map((group) => {
    const values = valuesOf(facts.seconds[group]);
    const points = values.map((value, second) => ({ s: second + 0.5 - facts.flash.fromS, value }));
    return { group, points: points.filter(({ value }) => !Number.isNaN(value)) };
  });
}

interface Scale {
  readonly x: [number, number];
  readonly kind: 'log' | 'linear';
  readonly most: number;
}

function panelsOf(
  timelines: readonly Timeline[],
  lines: readonly (readonly Line[])[],
  scale: Scale,
): Chart['panels'] {
  return timelines.map((timeline, place) => ({
    title: timeline.title,
    svg: panel(timeline, lines[place]!, scale),
  }));
}

function panel({ title, facts }: Timeline, lines: readonly Line[], scale: Scale): string {
  const { flash } = facts;
  const { x } = scale;
  const y: [number, number] = scale.kind === 'log' ? [1, scale.most * 1.25] : [0, scale.most];
  const ticks = scale.kind === 'log' ? logTicks(...y) : linearTicks(scale.most);
  const shade = [{ x1: 0, x2: flash.toS - flash.fromS }];
  const cured = facts.curedAfterMs === undefined ? [] : [facts.curedAfterMs / 1_000];
  return draw(
    {
      ...{ height: HEIGHT, ...MARGIN, width: PANEL_WIDTH },
      x: { domain: x, label: null },
      y: { type: scale.kind, domain: y, label: null, clamp: true },
      marks: [
        Plot.rectX(shade, { x1: 'x1', x2: 'x2', fill: 'var(--wash)' }),
        Plot.gridY(ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
        Plot.axisX({ tickSize: 4, ticks: 6, tickFormat: (s: number) => `${s} s` }),
        Plot.axisY(ticks, { tickFormat: shortNumber, tickSize: 0, label: null }),
        Plot.ruleX(cured, { stroke: 'var(--quiet)', strokeDasharray: '3 2' }),
        ...lines.map(({ group, points }) =>
          Plot.line(points, {
            ...{ x: 's', y: 'value', stroke: LOOKS[group].stroke },
            ...{ strokeWidth: LOOKS[group].width, strokeDasharray: LOOKS[group].dash },
          }),
        ),
        ...labelsOf(lines, x[1], y, scale.kind),
      ],
    },
    title,
  );
}

/** Each line's name at its right end, apart from the others. */
function labelsOf(
  lines: readonly Line[],
  right: number,
  [low, high]: readonly [number, number],
  kind: Scale['kind'],
): Plot.Markish[] {
  const [top, bottom] = [MARGIN.marginTop, HEIGHT - MARGIN.marginBottom];
  const along = (value: number) => (kind === 'log' ? Math.log(Math.max(low, value)) : value);
  const back = (value: number) => (kind === 'log' ? Math.exp(value) : value);
  const [from, to] = [along(low), along(high)];
  const told = lines.filter(({ points }) => points.length > 0);
  const px = told.map(({ points }) => {
    return bottom - ((along(points.at(-1)!.value) - from) / (to - from)) * (bottom - top);
  });
  const places = spreadLabels(px, LABEL_PX, top, bottom);
  return told.map(({ group }, place) => {
    const value = back(from + ((bottom - places[place]!) / (bottom - top)) * (to - from));
    return Plot.text([{ x: right, y: value }], {
      ...{ x: 'x', y: 'y', text: () => NAMES[group], dx: 4, textAnchor: 'start' },
      ...{ fill: LOOKS[group].stroke, fontWeight: group === 'post' ? 600 : 400 },
    });
  });
}

function summaryOf({ title, facts }: Timeline): string {
  const told = facts.groups.flatMap(({ group, p99Ms }) =>
    p99Ms === undefined ? [] : [`${NAMES[group]} ${formatNumber(p99Ms, 0)} ms`],
  );
  return `${title}: p99 ${told.join(', ')}.`;
}

function countedOf({ title, facts }: Timeline): string {
  const told = facts.groups
    .filter(({ likes }) => likes > 0)
    .map(({ group, countedPerS, duePerS }) => {
      return `${NAMES[group]} ${formatNumber(countedPerS, 0)} of ${formatNumber(duePerS, 0)} due`;
    });
  return `${title}: counted a second, ${told.join(', ')}.`;
}
