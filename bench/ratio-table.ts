/** From pairs to the table: medians, the ratio of each pair, and what was struck out. */
import { median, rising } from '../lab/statistics/median.ts';
import { formatNumber, type Table } from '../lab/table.ts';
import type { ContestResult } from './contest.ts';

export function ratioTable(results: readonly ContestResult[], question: string): Table {
  return {
    title: question,
    heads: ['contest', 'per second', 'ours', 'bare', 'ratio (range)', 'target', 'pairs'],
    rows: results.map(rowOf),
    notes: results.flatMap(notesOf),
  };
}

function rowOf({ contest, pairs }: ContestResult): string[] {
  const ours = rising(pairs.map((pair) => pair.ours));
  const bare = rising(pairs.flatMap((pair) => pair.bare ?? []));
  const ratios = ratiosOf(pairs);
  const { name, unit, target } = contest;
  return [
    name,
    unit,
    ours.length > 0 ? formatNumber(median(ours), 0) : '–',
    bare.length > 0 ? formatNumber(median(bare), 0) : '–',
    ratios.length > 0 ? `${formatNumber(median(ratios), 2)} ${range(ratios, 2)}` : '–',
    target === undefined ? 'none' : targetOf(target, ratios),
    String(pairs.length),
  ];
}

/** Ours to the opponent's, pair by pair, in rising order. */
export function ratiosOf(pairs: ContestResult['pairs']): number[] {
  return rising(pairs.flatMap(({ ours, bare }) => (bare === undefined ? [] : [ours / bare])));
}

function targetOf(target: number, ratios: readonly number[]): string {
  const aim = formatNumber(target, 2);
  if (ratios.length === 0) return aim;
  return `${aim} ${median(ratios) >= target ? 'met' : 'missed'}`;
}

function notesOf({ contest, pairs, struck }: ContestResult): string[] {
  const { name, ours, bare } = contest;
  const rates = rising(pairs.map((pair) => pair.ours));
  const oursRange = rates.length > 1 ? ` ${range(rates, 0)}` : '';
  return [
    `${name}, ours${oursRange}: ${ours}`,
    ...(bare === undefined ? [] : [`${name}, bare: ${bare}`]),
    ...struck.map((reason) => `${name}, struck out: ${reason}`),
  ];
}

function range(rising: readonly number[], digits: number): string {
  return `(${formatNumber(rising[0]!, digits)}–${formatNumber(rising.at(-1)!, digits)})`;
}
