/** Comparisons as tables: one a metric, with a line below for what its runs could have shown. */
import { type ComparedBroker, type Comparison, comparisonsOf } from './comparison.ts';
import { POWER } from './statistics/power.ts';
import { formatNumber, type Table, withInterval } from './table.ts';
import type { TrialResult } from './trial-result.ts';

/** From this factor on a difference is read more easily as a factor than in per cent. */
const FACTOR_LEAST = 2;

export const COMPARISON_HEADS = [
  { head: 'setting', meaning: 'Tier and load of the trials that are compared.' },
  { head: 'broker', meaning: 'In each setting the best one first.' },
  { head: 'runs', meaning: 'Valid runs; below six there is no claim, and no row.' },
  { head: 'median', meaning: 'Over runs, with its 95 % bootstrap interval over runs.' },
  {
    head: 'to the best',
    meaning:
      'The median divided by that of the best, with the 95 % bootstrap interval of that ratio ' +
      'over runs.',
  },
  {
    head: 'call',
    meaning:
      '`best`; `tie` where the interval of the ratio to the best holds 1, so that these runs do ' +
      'not tell the two apart; `behind` where it does not. Of twenty that are alike about one ' +
      'is called `behind` by chance.',
  },
] as const;

/** Of the results of one run and experiment; empty where nothing can be compared. */
export function comparisonTables(results: readonly TrialResult[]): Table[] {
  const byMetric = Map.groupBy(comparisonsOf(results), ({ metric }) => metric);
  return [...byMetric].map(([metric, comparisons]) => {
    const { title, unit, better } = metric;
    return {
      title: `Compared: ${title}, in ${unit}, ${better} is better`,
      heads: COMPARISON_HEADS.map(({ head }) => head),
      rows: comparisons.flatMap((comparison) =>
        comparison.brokers.map((broker) => rowOf(comparison, broker)),
      ),
      notes: comparisons.flatMap(notesOf),
    };
  });
}

function rowOf({ metric, setting }: Comparison, compared: ComparedBroker): string[] {
  const { broker, runs, median, interval, toBest, call } = compared;
  const shown = withInterval(median, interval, metric.digits);
  const ratio = toBest ? withInterval(toBest.ratio, toBest.interval, 2) : '–';
  return [setting, broker, String(runs), shown, ratio, call];
}

function notesOf({ setting, brokers, tooFew }: Comparison): string[] {
  const few = [...tooFew].map(
    ([broker, runs]) => `${setting}: no claim on ${broker}, which has ${runs} valid run(s)`,
  );
  const able = brokers.flatMap(({ broker, detects }) => (detects ? [{ broker, detects }] : []));
  able.sort((one, other) => one.detects - other.detects);
  const [least, most] = [able[0], able.at(-1)];
  if (least === undefined || most === undefined) return few;
  const [from, to] = [least, most].map(
    ({ broker, detects }) => `${difference(detects)} (${broker})`,
  );
  return [
    `${setting}: in ${POWER * 100} % of cases, runs as many as these detect a difference of ` +
      `${from} to ${to}`,
    ...few,
  ];
}

/** Such as `4.2 %`, or `3.1×` where it is large. */
export function difference(factor: number): string {
  if (factor >= FACTOR_LEAST) return `${formatNumber(factor, 1)}×`;
  return `${formatNumber((factor - 1) * 100, 1)} %`;
}
