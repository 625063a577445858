/** How much arrives out of order, and how many users it leaves with a wrong state. */
import * as Plot from '@observablehq/plot';
import type { TrialResult } from '../../lab/trial-result.ts';
import { type Chart, linearTicks } from '../drawing.ts';
import { inkOf } from '../looks.ts';
import { anchorOf } from '../shown.ts';
import { figureOf } from '../uncertainty.ts';
import { drawRows, type Row } from './rows.ts';
import { tiersOf } from './tiers.ts';

interface DisorderRow extends Row {
  readonly broker: string;
  readonly value: number;
  readonly text: string;
  readonly href: string;
  readonly title: string;
}

const PER_MILLION = 1e6;

type Told = TrialResult & {
  readonly states: NonNullable<TrialResult['states']>;
  readonly ledger: NonNullable<TrialResult['ledger']>;
};

const isTold = (result: TrialResult): result is Told =>
  result.states !== undefined && result.ledger !== undefined && result.ledger.counted > 0;

/** Undefined where no trial asked which states users are left with. */
export function disorderChart(results: readonly TrialResult[]): Chart | undefined {
  const told = results.filter(isTold);
  if (told.length === 0) return undefined;
  const panels = tiersOf(told).flatMap((tier) => {
    const own = told.filter((result) => result.tier === tier);
    return [
      { tier, title: `tier ${tier}: inversions per million`, rows: rowsOf(own, inversions) },
      { tier, title: `tier ${tier}: states left wrong, in %`, rows: rowsOf(own, wrongStates) },
    ];
  });
  const most = [0, 1].map((side) =>
    Math.max(1, ...panels.filter((_, at) => at % 2 === side).flatMap(valuesOf)),
  );
  return {
    name: 'disorder',
    title: 'What disorder costs',
    reading:
      'Users press again and again; the number behind a queue is that of its consumers. Left, ' +
      'likes first delivered after a later one of the same post. Right, likes that do not end as ' +
      'their users last pressed, in a store that takes them as they first arrive, and (by ' +
      'version) in one that compares versions.',
    summary: panels
      .map(({ title, rows }) => `${title}: ${rows.map(({ title: own }) => own).join('; ')}.`)
      .join(' '),
    panels: panels.map(({ tier, title, rows }, at) => ({
      ...{ tier, title },
      svg: drawRows({
        ...{ rows, rowPx: 22, marginRight: at % 2 === 0 ? 62 : 104, label: title },
        x: { type: 'linear', domain: [0, most[at % 2]!] },
        ticks: linearTicks(most[at % 2]!),
        tickFormat: (value) => value.toLocaleString('en-US'),
        marks: marksOf,
      }),
    })),
  };
}

const valuesOf = ({ rows }: { rows: readonly DisorderRow[] }) => rows.map(({ value }) => value);

function inversions(group: readonly Told[]): Pick<DisorderRow, 'value' | 'text'> {
  const each = group.map(({ ledger }) => (ledger.inversions * PER_MILLION) / ledger.counted);
  const value = figureOf(each)!.middle;
  return { value, text: Math.round(value).toLocaleString('en-US') };
}

function wrongStates(group: readonly Told[]): Pick<DisorderRow, 'value' | 'text'> {
  const share = (field: 'wrongByFirstArrival' | 'wrongByVersion') =>
    figureOf(group.map(({ states }) => (states[field] * 100) / states.states))!.middle;
  const value = share('wrongByFirstArrival');
  return { value, text: `${short(value)}; by version ${short(share('wrongByVersion'))}` };
}

const short = (percent: number) => (percent === 0 ? '0' : percent.toFixed(1));

function rowsOf(
  results: readonly Told[],
  measure: (group: readonly Told[]) => Pick<DisorderRow, 'value' | 'text'>,
): DisorderRow[] {
  const nameOf = ({ broker, plan }: TrialResult) => `${broker} · ${plan.consumers}`;
  const groups = [...Map.groupBy(results, nameOf)].sort(([one], [other]) =>
    one.localeCompare(other, 'en', { numeric: true }),
  );
  return groups.map(([label, group]) => {
    const { broker, plan } = group[0]!;
    const measured = measure(group);
    const title = `${broker}, ${plan.consumers} consumer(s): ${measured.text}`;
    return { label, broker, ...measured, title, href: `#${anchorOf(group[0]!)}` };
  });
}

function marksOf(row: DisorderRow, className: string | undefined): Plot.Markish[] {
  const y = () => row.label;
  return [
    Plot.barX([row], {
      ...{ x1: 0, x2: 'value', y, fill: inkOf(row.broker), className },
      ...{ href: 'href', title: 'title' },
    }),
    Plot.text([row], { x: 'value', y, text: 'text', textAnchor: 'start', dx: 5, className }),
  ];
}
