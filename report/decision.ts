/** What decides which queue to take, a line a broker: order, what survives, how fast, how late. */

import type { Tier } from '../brokers/servers/server.ts';
import { brokerOf } from '../lab/common-columns.ts';
import { withoutTwins } from '../lab/comparison.ts';
import { cellsOf, type FaultCell } from '../lab/fault-cells.ts';
import { isUsualStore } from '../lab/store-plan.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import { correctLikesPerS } from './correct-rate.ts';
import { CEILING } from './looks.ts';
import { pointsOf, type ReportData, resultsOf } from './shown.ts';
import { type Figure, figureOf } from './uncertainty.ts';

/** A fact in a few words, whether it speaks for the broker, and the trials that it comes from. */
export interface Fact {
  readonly word: 'yes' | 'no' | 'partly' | 'not tested' | 'not offered';
  readonly text: string;
  readonly from: readonly TrialResult[];
  /** After strikes without a loss: the most that the chance of one can be, at 95 %. */
  readonly lossChanceMax?: number | undefined;
}

export interface Speed {
  readonly figure: Figure;
  readonly from: readonly TrialResult[];
}

/** What a broker gives at the tier that survives something. */
export interface Offer {
  readonly tier: Tier;
  readonly survives: Fact;
  readonly correctLikesPerS?: Speed;
  /** At a rate that all were offered, the lowest that is not below `COMPARED_LIKES_PER_S`. */
  readonly p99Ms?: Speed & { readonly likesPerS: number };
}

export interface Choice {
  readonly broker: string;
  readonly label: string;
  readonly order: Fact;
  readonly kill: Offer;
  readonly power: Offer;
}

/** What the registry says of each broker: results do not know what was never tried. */
export type TiersOf = (broker: string) => readonly Tier[] | undefined;

/** A like counter of a middling site. */
export const COMPARED_LIKES_PER_S = 500;
const PER_MILLION = 1e6;

export function choicesOf(data: ReportData, tiersOf: TiersOf): Choice[] {
  const all = withoutTwins(data.shown.flatMap(({ results }) => results)).filter(isUsualStore);
  const brokers = [...new Set(all.map(({ broker }) => broker))].filter((one) => one !== CEILING);
  const cells = cellsOf(resultsOf(data, 'faults').filter(isUsualStore));
  return brokers.sort().map((broker) => {
    const own = all.filter((result) => result.broker === broker);
    const [told = own[0]!] = own.filter(({ promises }) => promises !== undefined);
    const ownCells = cells.filter(({ results }) => results[0]!.broker === broker);
    const offer = (tier: Tier, survives: Fact): Offer => {
      return { tier, survives, ...speedsOf(data, broker, tier) };
    };
    return {
      broker,
      label: brokerOf(told),
      order: orderOf(own),
      kill: offer('kill', survivesKill(own, ownCells)),
      power: offer('power', survivesPower(own, ownCells, tiersOf(broker))),
    };
  });
}

function orderOf(own: readonly TrialResult[]): Fact {
  const from = own.filter(({ experiment, ledger }) => experiment === 'ordering' && ledger);
  const promises = own.find((result) => result.promises !== undefined)?.promises;
  if (from.length === 0) return { word: 'not tested', text: 'no trial asked', from };
  const sum = (value: (result: TrialResult) => number) =>
    from.reduce((total, result) => total + value(result), 0);
  const counted = sum(({ ledger }) => ledger!.counted);
  const inversions = sum(({ ledger }) => ledger!.inversions);
  if (inversions > 0) {
    const worst = Math.max(
      ...from.map(({ ledger }) => (ledger!.inversions * PER_MILLION) / ledger!.counted),
    );
    const text = `up to ${formatNumber(worst, 0)} per million out of order`;
    return { word: promises?.order === 'per-post' ? 'partly' : 'no', text, from };
  }
  const text = `0 of ${formatNumber(counted, 0)} likes out of order`;
  const endsWithLoss = own.some((result) => result.promises?.orderEndsWithLoss);
  if (promises?.order !== 'per-post') return { word: 'partly', text: `${text}, no promise`, from };
  return promises.orderEndsWithServer
    ? { word: 'partly', text: `${text}, until its server restarts`, from }
    : { word: 'yes', text: endsWithLoss ? `${text}, while none is lost` : text, from };
}

function survivesKill(own: readonly TrialResult[], cells: readonly FaultCell[]): Fact {
  const fact = strikesOf(own, cells, 'kill', 'server-kill', 'kill');
  return fact ?? { word: 'not tested', text: 'never killed at tier kill', from: [] };
}

function survivesPower(
  own: readonly TrialResult[],
  cells: readonly FaultCell[],
  tiers: readonly Tier[] | undefined,
): Fact {
  const fact = strikesOf([], cells, 'power', 'power-cut', 'power cut');
  if (fact !== undefined) return fact;
  const without = cells.find((cell) => isCell(cell, 'kill', 'power-cut') && cell.valid > 0);
  const lost = without?.sum('lost') ?? 0;
  const below = lost > 0 ? `; tier kill lost ${formatNumber(lost, 0)}` : '';
  const from = without?.results ?? [];
  const atPower = own.filter(({ tier }) => tier === 'power');
  if (atPower.length > 0 || tiers?.includes('power')) {
    const text = `promised, never tried${below}`;
    return { word: 'not tested', text, from: from.length > 0 ? from : atPower.slice(0, 1) };
  }
  return { word: 'not offered', text: `no such tier here${below}`, from };
}

const isCell = ({ results }: FaultCell, tier: Tier, fault: string) =>
  results[0]!.tier === tier && results[0]!.faults!.name === fault;

/** Kills of the persistence trials count with those of the fault's cell. */
function strikesOf(
  own: readonly TrialResult[],
  cells: readonly FaultCell[],
  tier: Tier,
  fault: string,
  name: string,
): Fact | undefined {
  const cell = cells.find((one) => isCell(one, tier, fault));
  const crashes = own.filter(
    (result) => result.tier === tier && result.recovery && result.verdict !== 'unknown',
  );
  const strikes = (cell?.valid ?? 0) + crashes.length;
  if (strikes === 0) return undefined;
  const lost =
    (cell?.sum('lost') ?? 0) + crashes.reduce((sum, { ledger }) => sum + (ledger?.lost ?? 0), 0);
  const times = `${formatNumber(strikes, 0)} ${name}${strikes === 1 ? '' : 's'}`;
  const text = `${formatNumber(lost, 0)} lost in ${times}`;
  if (cell?.state === 'not judged') {
    return { word: 'not tested', text: `could not be judged; ${text}`, from: cell.results };
  }
  const isBroken = lost > 0 || cell?.state === 'broken';
  const from = [...(cell?.results ?? []), ...crashes];
  const lossChanceMax = lost > 0 ? undefined : cell?.lossChanceMax;
  return { word: isBroken ? 'no' : 'yes', text, from, lossChanceMax };
}

function speedsOf(data: ReportData, broker: string, tier: Tier) {
  const isOwn = (result: TrialResult) =>
    result.broker === broker && result.tier === tier && isUsualStore(result);
  const rated = resultsOf(data, 'throughput').filter(
    (result) => isOwn(result) && correctLikesPerS(result) !== undefined,
  );
  const figure = figureOf(rated.flatMap((result) => correctLikesPerS(result) ?? []));
  const p99 = latencyOf(pointsOf(data).filter(isOwn));
  return {
    ...(figure && { correctLikesPerS: { figure, from: rated } }),
    ...(p99 && { p99Ms: p99 }),
  };
}

/** The highest rate below, where none is as high. */
function latencyOf(own: readonly TrialResult[]): Offer['p99Ms'] {
  const standing = own.filter(
    ({ latencies, numbersValid, plan }) => latencies && numbersValid && plan.likesPerS,
  );
  const rates = [...new Set(standing.map(({ plan }) => plan.likesPerS!))].sort((a, b) => a - b);
  const likesPerS = rates.find((rate) => rate >= COMPARED_LIKES_PER_S) ?? rates.at(-1);
  if (likesPerS === undefined) return undefined;
  const from = standing.filter(({ plan }) => plan.likesPerS === likesPerS);
  const figure = figureOf(from.map(({ latencies }) => latencies!.dueToVisible.p99Us / 1000))!;
  return { figure, from, likesPerS };
}
