/** Up to which rate direct writing is the better choice, pair by pair of the ways. */
import {
  type Call,
  type Crossover,
  callAt,
  crossoverOf,
  RATIO_TIE,
  SHARE_APART,
  type View,
  type WayRun,
} from '../lab/crossover.ts';
import type { Column } from '../lab/experiment.ts';
import { DIRECT } from '../lab/path-plan.ts';
import { RUNS_LEAST } from '../lab/statistics/bootstrap.ts';
import { formatNumber } from '../lab/table.ts';
import type { TrialResult } from '../lab/trial-result.ts';
import {
  apiOf,
  cpuUsPerLike,
  notAcceptedShare,
  offeredPerS,
  queueOf,
  wayOf,
} from './direct-or-queued-columns.ts';

type Results = readonly TrialResult[];

/** One way of writing directly against one way through one broker. */
export interface Turn {
  readonly direct: string;
  readonly queued: string;
  readonly broker: string;
  readonly tier: string;
  readonly api: readonly Call[];
  readonly cpu: readonly Call[];
  /** By the API, while one post takes nearly all; `likesPerS` is the rate in the burst. */
  readonly bursts: readonly Call[];
}

/**
 * A client that is late by no more sends what it was to send in nearly the same time: a gateway
 * lets a like wait ten times as long before it turns it away. What was accepted stands, a p99 does
 * not.
 */
const CLIENT_LATE_MS_MAX = 100;

/** What a result says in a comparison; undefined where none of its numbers stand. */
export function runOf(result: TrialResult): WayRun | undefined {
  const share = notAcceptedShare(result);
  if (result.verdict !== 'pass' || share === undefined) return undefined;
  const clientLateMs = (result.path?.generatorLagUsP99 ?? 0) / 1_000;
  if (!result.numbersValid) {
    const [why, ...more] = result.numbersStruck;
    const isLateOnly = why?.startsWith('audit, generator-late') && more.length === 0;
    if (!isLateOnly || clientLateMs > CLIENT_LATE_MS_MAX) return undefined;
    return { notAcceptedShare: share, p99Ms: undefined, cpuUsPerLike: undefined };
  }
  const p99Us = apiOf(result)?.p99Us;
  return {
    notAcceptedShare: share,
    ...(p99Us === undefined ? { p99Ms: undefined } : { p99Ms: p99Us / 1_000, clientLateMs }),
    cpuUsPerLike: cpuUsPerLike(result),
  };
}

/** Trials at a fixed rate, those with a burst, and none whose broker was killed. */
export const isSteady = ({ plan, faults }: TrialResult): boolean =>
  plan.path !== undefined && plan.path.burst === undefined && faults === undefined;
export const isBurst = ({ plan, faults }: TrialResult): boolean =>
  plan.path?.burst !== undefined && faults === undefined;

/** A call for each rate that either was offered. */
function callsOf(direct: Results, queued: Results, view: View): Call[] {
  const all = [...direct, ...queued];
  const rates = [...new Set(all.flatMap((result) => offeredPerS(result) ?? []))];
  const runsAt = (results: Results, likesPerS: number) =>
    results
      .filter((result) => offeredPerS(result) === likesPerS)
      .flatMap((result) => runOf(result) ?? []);
  return rates
    .sort((one, other) => one - other)
    .map((rate) => callAt(rate, runsAt(direct, rate), runsAt(queued, rate), view));
}

/** Each direct way against each way through each broker, of the results of one run. */
export function turnsOf(results: Results): Turn[] {
  const isDirect = ({ broker }: TrialResult) => broker === DIRECT;
  const direct = Map.groupBy(results.filter(isDirect), wayOf);
  const queued = Map.groupBy(
    results.filter((result) => !isDirect(result)),
    (result) => JSON.stringify([queueOf(result), result.tier, wayOf(result)]),
  );
  const turns = [...direct].flatMap(([way, own]) =>
    [...queued.values()].map((other): Turn => {
      const [first] = other;
      const of = (kept: (result: TrialResult) => boolean, view: View) =>
        callsOf(own.filter(kept), other.filter(kept), view);
      return {
        ...{ direct: way, queued: wayOf(first!), broker: queueOf(first!), tier: first!.tier },
        ...{ api: of(isSteady, 'api'), cpu: of(isSteady, 'cpu'), bursts: of(isBurst, 'api') },
      };
    }),
  );
  const nameOf = ({ broker, tier, direct: one, queued: two }: Turn) =>
    [broker, tier, one, two].join('\n');
  return turns.sort((one, other) => nameOf(one).localeCompare(nameOf(other), 'en'));
}

const perS = (likesPerS: number): string => `${formatNumber(likesPerS, 0)}/s`;

/** Such as `direct up to 500/s, queue from 1,000/s`. */
export function describeCrossover(found: Crossover): string {
  if (found.kind === 'not told') return '–';
  if (found.kind === 'turns') {
    const { lastLikesPerS, firstLikesPerS } = found;
    return `direct up to ${perS(lastLikesPerS)}, queue from ${perS(firstLikesPerS)}`;
  }
  if (found.kind === 'mixed') {
    const each = found.calls.map(({ better, likesPerS }) => `${better} at ${perS(likesPerS)}`);
    return `no rate parts them: ${each.join(', ')}`;
  }
  const { better, fromLikesPerS, toLikesPerS } = found;
  const rates = `${perS(fromLikesPerS)} to ${perS(toLikesPerS)}`;
  return better === 'tie'
    ? `a tie at all of ${rates}`
    : `${better} at all of ${rates}, no crossover`;
}

/**
 * The rates at which what a crossover says of all rates is not so: ties, and rates of which nothing
 * is told. Between its two rates a turn says nothing. Such as `, but a tie at 500/s`, or empty.
 */
export function exceptionsIn(calls: readonly Call[], kinds: readonly Call['better'][]): string {
  const found = crossoverOf(calls);
  const isClaimedOf = ({ better, likesPerS }: Call): boolean => {
    if (found.kind === 'none') return better !== found.better;
    return (
      found.kind === 'turns' &&
      (likesPerS < found.lastLikesPerS || likesPerS > found.firstLikesPerS)
    );
  };
  const told = kinds.flatMap((kind) => {
    const rates = calls.filter((call) => call.better === kind && isClaimedOf(call));
    if (rates.length === 0) return [];
    const words = rates.map(({ likesPerS }) => perS(likesPerS)).join(', ');
    return [kind === 'tie' ? `a tie at ${words}` : `nothing told at ${words}`];
  });
  return told.length === 0 ? '' : `, but ${told.join(' and ')}`;
}

/** Of which rates nothing is told, notes below the table say. */
function turnCell(calls: readonly Call[]): string {
  return `${describeCrossover(crossoverOf(calls))}${exceptionsIn(calls, ['tie'])}`;
}

function describeBursts(calls: readonly Call[]): string {
  const told = calls.filter(({ better }) => better !== 'not told');
  return told.length === 0
    ? '–'
    : told.map(({ better, likesPerS }) => `${better} at ${perS(likesPerS)}`).join(', ');
}

/** Rates that were offered and at which one of the two has no number that stands. */
export function silentRates(calls: readonly Call[]): string {
  return calls
    .filter(({ better }) => better === 'not told')
    .map(({ likesPerS }) => perS(likesPerS))
    .join(', ');
}

/** Whether every call that says something rests on intervals over runs. */
export function isClaimed(calls: readonly Call[]): boolean {
  const told = calls.filter(({ better }) => better !== 'not told');
  return told.length > 0 && told.every(({ isClaim }) => isClaim);
}

/** A single result says nothing of a turn; the cells are made from all of a pair. */
function column(head: string, meaning: string): Column {
  return { head, meaning, value: () => undefined, isFinding: true };
}

const CRITERION =
  `the one that accepts more of the requests, where the shares are more than ` +
  `${formatNumber(SHARE_APART * 100, 0)} percentage point apart; else the one with the lower p99` +
  ', where they differ by more than the client itself was late';

export const TURN_COLUMNS: readonly Column[] = [
  column('direct way', 'What is compared: the way without a queue.'),
  column('queued way', 'What it is compared with.'),
  column(
    'better by the API',
    'Up to which rate direct writing was the better choice, and from which on the queue was; ' +
      `only rates that were measured. Better is ${CRITERION}. From ${RUNS_LEAST} runs up ` +
      'intervals over runs decide; below, medians do, those within ' +
      `${formatNumber((RATIO_TIE - 1) * 100, 0)} % are a tie, and nothing is claimed. Where only ` +
      `the client was late, by ${CLIENT_LATE_MS_MAX} ms at most (p99; a gateway lets a like wait ` +
      'for 1 s), its shares count and its times do not.',
  ),
  column('better by CPU', 'The same by the CPU time of all parts for each accepted like.'),
  column(
    'better on one post',
    'The same by the API in a burst, at the rate in it, of which nearly all is for one post.',
  ),
];

/** The first table: where the better choice turns. */
export function turnRows(turns: readonly Turn[]): string[][] {
  return turns.map(({ direct, queued, broker, tier, api, cpu, bursts }) => [
    ...[direct, queued, broker, tier],
    turnCell(api),
    turnCell(cpu),
    describeBursts(bursts),
  ]);
}
