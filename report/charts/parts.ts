/** What a like's way from due to visible is made of: means, since only means add up. */
import * as Plot from '@observablehq/plot';
import type { TrialResult } from '../../lab/trial-result.ts';
import { type Chart, linearTicks } from '../drawing.ts';
import { inkOf } from '../looks.ts';
import { anchorOf } from '../shown.ts';
import { figureOf } from '../uncertainty.ts';
import { drawRows, type Row } from './rows.ts';
import { tiersOf } from './tiers.ts';

const PARTS = [
  { field: 'dueToSent', words: 'send', opacity: 1 },
  { field: 'sentToDelivered', words: 'queue', opacity: 0.6 },
  { field: 'deliveredToVisible', words: 'count', opacity: 0.3 },
] as const;

interface PartsRow extends Row {
  readonly broker: string;
  readonly group: readonly TrialResult[];
  readonly means: readonly number[];
}

/** Undefined where no trial at a fixed rate stands. */
export function partsChart(results: readonly TrialResult[]): Chart | undefined {
  const standing = results.filter(
    ({ plan, latencies, numbersValid }) => plan.mode === 'paced' && latencies && numbersValid,
  );
  const panels = tiersOf(standing).flatMap((tier) => {
    const own = standing.filter((result) => result.tier === tier);
    return pacesOf(own).map((pace) => ({ tier, pace, rows: rowsOf(own, pace) }));
  });
  const told = panels.filter(({ rows }) => rows.some(({ broker }) => broker !== 'null'));
  if (told.length === 0) return undefined;
  const most = (pace: string) =>
    Math.max(...told.filter((one) => one.pace === pace).flatMap(({ rows }) => rows.map(totalOf)));
  return {
    name: 'latency-parts',
    title: 'Where the time goes',
    reading:
      'Mean ms from due to visible, in its three parts: until the client sends (send), until a ' +
      'consumer has the like (queue), until its count is committed (count). A bar leads to its ' +
      'trial.',
    summary: told
      .map(({ tier, pace, rows }) => {
        const words = rows.map((row) => `${row.label} ${sumOf(row)}`).join('; ');
        return `Tier ${tier}, ${pace}: ${words}.`;
      })
      .join(' '),
    panels: told.map(({ tier, pace, rows }) => ({
      ...{ tier, title: `tier ${tier}, ${pace}: mean ms` },
      svg: drawRows({
        ...{ rows, rowPx: 40, marginRight: 12, label: `tier ${tier}, ${pace}: mean ms in parts` },
        x: { type: 'linear', domain: [0, most(pace)] },
        ticks: linearTicks(most(pace)),
        tickFormat: String,
        marks: marksOf,
      }),
    })),
  };
}

const numberIn = (pace: string) => Number.parseFloat(pace.replaceAll(',', ''));

/** The rate that most brokers were asked for, the lowest of such; and shares of their maxima. */
function pacesOf(results: readonly TrialResult[]): string[] {
  const brokersAt = (pace: string) =>
    new Set(results.filter(({ plan }) => plan.pace === pace).map(({ broker }) => broker)).size;
  const paces = [...new Set(results.flatMap(({ plan }) => plan.pace ?? []))];
  const byUse = (one: string, other: string) =>
    brokersAt(other) - brokersAt(one) || numberIn(one) - numberIn(other);
  const rates = paces.filter((pace) => pace.endsWith('/s')).sort(byUse);
  const shares = paces.filter((pace) => !pace.endsWith('/s')).sort(byUse);
  const half = shares.find((pace) => pace.startsWith('50 %')) ?? shares[0];
  return [rates[0], half].filter((pace) => pace !== undefined);
}

function rowsOf(results: readonly TrialResult[], pace: string): PartsRow[] {
  const own = results.filter(({ plan }) => plan.pace === pace);
  const rows = [...Map.groupBy(own, ({ broker }) => broker)].map(([broker, group]): PartsRow => {
    const means = PARTS.map(
      ({ field }) => figureOf(group.map((one) => one.latencies![field].meanUs / 1000))!.middle,
    );
    return { label: broker, broker, group, means };
  });
  return rows.sort((a, b) => totalOf(a) - totalOf(b));
}

const totalOf = ({ means }: PartsRow) => means.reduce((sum, mean) => sum + mean, 0);

function sumOf(row: PartsRow): string {
  const parts = PARTS.map(({ words }, place) => `${row.means[place]!.toFixed(1)} ${words}`);
  return `${parts.join(' + ')} = ${totalOf(row).toFixed(1)} ms`;
}

function marksOf(row: PartsRow, className: string | undefined): Plot.Markish[] {
  const y = () => row.label;
  let from = 0;
  const bars = PARTS.map(({ words, opacity }, place) => {
    const bar = { from, to: from + row.means[place]!, words, opacity };
    from = bar.to;
    return bar;
  });
  return [
    ...bars.map((bar) =>
      Plot.barX([bar], {
        ...{ x1: 'from', x2: 'to', y, fill: inkOf(row.broker), fillOpacity: bar.opacity },
        ...{ insetBottom: 15, insetTop: 2, className, href: () => `#${anchorOf(row.group[0]!)}` },
        title: () => `${row.broker}: ${(bar.to - bar.from).toFixed(2)} ms ${bar.words}`,
      }),
    ),
    Plot.text([sumOf(row)], {
      ...{ y, text: (text: string) => text, frameAnchor: 'left', textAnchor: 'start', dy: 12 },
      ...{ fill: 'var(--quiet)', fontSize: 11, className },
    }),
  ];
}
