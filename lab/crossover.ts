/**
 * Where the better choice turns: up to which rate direct writing is better than a queue, and from
 * which rate on the queue is. Pure functions of the runs of both at each rate; a crossover is found
 * where it was measured, and nowhere between or beyond.
 */
import { medianInterval, RUNS_LEAST, ratioOfMedians } from './statistics/bootstrap.ts';
import { median } from './statistics/median.ts';

/** What one run of one way at one rate says. */
export interface WayRun {
  /** Requests that were not answered 202, as a share of those that were offered. */
  readonly notAcceptedShare: number;
  /** Undefined where nothing was accepted, or too little for a percentile. */
  readonly p99Ms: number | undefined;
  /** How late the client itself was, at its 99th percentile, which is in `p99Ms`. */
  readonly clientLateMs?: number;
  /** Of everything but the client, per accepted like; undefined where a part is not known. */
  readonly cpuUsPerLike: number | undefined;
}

/** What is compared: `api` what a user of the API meets, `cpu` what a like costs. */
export const VIEWS = ['api', 'cpu'] as const;
export type View = (typeof VIEWS)[number];

export type Better = 'direct' | 'queue' | 'tie' | 'not told';

export interface Call {
  readonly likesPerS: number;
  readonly better: Better;
  /** From RUNS_LEAST runs of both up, by intervals; else by medians, without a claim. */
  readonly isClaim: boolean;
  /** What decided; undefined where nothing was told. */
  readonly by?: 'accepted' | 'p99' | 'cpu';
}

/** Shares of requests that are not accepted differ from here on. */
export const SHARE_APART = 0.01;
/** Below RUNS_LEAST runs medians that are no further apart than this are called a tie: a p99 of one
 * run alone differs by as much from that of the next. */
export const RATIO_TIE = 1.25;

/**
 * Which of the two is better at a rate. By `api`: the one that accepts more of the requests, where
 * the shares are more than SHARE_APART apart; else the one with the lower p99, where the client was
 * not late by more than they differ. By `cpu`: the one that takes less CPU time a like.
 */
export function callAt(
  likesPerS: number,
  direct: readonly WayRun[],
  queue: readonly WayRun[],
  view: View,
): Call {
  const isClaim = Math.min(direct.length, queue.length) >= RUNS_LEAST;
  if (direct.length === 0 || queue.length === 0) {
    return { likesPerS, better: 'not told', isClaim: false };
  }
  if (view === 'cpu') {
    const better = lower(numbersOf(direct, 'cpuUsPerLike'), numbersOf(queue, 'cpuUsPerLike'));
    return { likesPerS, ...better, by: 'cpu' };
  }
  const more = acceptsMore(direct, queue, isClaim);
  if (more !== undefined) return { likesPerS, better: more, isClaim, by: 'accepted' };
  const p99Ms = [numbersOf(direct, 'p99Ms'), numbersOf(queue, 'p99Ms')] as const;
  const better = lower(...p99Ms);
  const isHidden = better.better !== 'not told' && hidesDifference([...direct, ...queue], p99Ms);
  return { likesPerS, ...better, ...(isHidden && { better: 'tie' }), by: 'p99' };
}

type Field = 'p99Ms' | 'cpuUsPerLike' | 'clientLateMs';

function numbersOf(runs: readonly WayRun[], field: Field): number[] {
  return runs.flatMap((run) => run[field] ?? []);
}

/** Whether the client itself was late by more than what the two are apart. */
function hidesDifference(
  runs: readonly WayRun[],
  [direct, queue]: readonly [readonly number[], readonly number[]],
): boolean {
  const lateMs = Math.max(0, ...numbersOf(runs, 'clientLateMs'));
  return Math.abs(median(direct) - median(queue)) < lateMs;
}

/** Undefined where the shares are too close to tell. */
function acceptsMore(
  direct: readonly WayRun[],
  queue: readonly WayRun[],
  isClaim: boolean,
): 'direct' | 'queue' | undefined {
  const [own, other] = [direct, queue].map((runs) => runs.map((run) => run.notAcceptedShare));
  const apart = median(own!) - median(other!);
  if (Math.abs(apart) <= SHARE_APART) return undefined;
  if (isClaim) {
    const [first, second] = [medianInterval(own!)!, medianInterval(other!)!];
    if (first.low <= second.high && second.low <= first.high) return undefined;
  }
  return apart < 0 ? 'direct' : 'queue';
}

function lower(direct: number[], queue: number[]): Pick<Call, 'better' | 'isClaim'> {
  if (direct.length === 0 || queue.length === 0) return { better: 'not told', isClaim: false };
  const claim = ratioOfMedians(direct, queue);
  const ratio = claim?.ratio ?? median(direct) / median(queue);
  const isTie = claim?.isTie ?? Math.max(ratio, 1 / ratio) <= RATIO_TIE;
  const better = isTie ? 'tie' : ratio < 1 ? 'direct' : 'queue';
  return { better, isClaim: claim !== undefined };
}

/**
 * `turns`: direct is better up to `lastLikesPerS`, the queue from `firstLikesPerS` on; at rates
 * between the two neither is. `none`: the same one is better wherever one of them is. `mixed`: the
 * answer goes back and forth, or turns the other way round, so that no rate parts them. `not told`:
 * no rate at which both were measured.
 */
export type Crossover =
  | { readonly kind: 'turns'; readonly lastLikesPerS: number; readonly firstLikesPerS: number }
  | {
      readonly kind: 'none';
      readonly better: 'direct' | 'queue' | 'tie';
      /** The rates that were compared. */
      readonly fromLikesPerS: number;
      readonly toLikesPerS: number;
    }
  | { readonly kind: 'mixed'; readonly calls: readonly Call[] }
  | { readonly kind: 'not told' };

/** From one call a rate, in any order. */
export function crossoverOf(calls: readonly Call[]): Crossover {
  const told = calls
    .filter(({ better }) => better !== 'not told')
    .sort((one, other) => one.likesPerS - other.likesPerS);
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return { kind: 'not told' };
  const range = { fromLikesPerS: first.likesPerS, toLikesPerS: last.likesPerS };
  const direct = told.filter(({ better }) => better === 'direct');
  const queue = told.filter(({ better }) => better === 'queue');
  if (queue.length === 0) {
    return { kind: 'none', better: direct.length > 0 ? 'direct' : 'tie', ...range };
  }
  if (direct.length === 0) return { kind: 'none', better: 'queue', ...range };
  const lastLikesPerS = direct.at(-1)!.likesPerS;
  const firstLikesPerS = queue[0]!.likesPerS;
  if (lastLikesPerS < firstLikesPerS) return { kind: 'turns', lastLikesPerS, firstLikesPerS };
  return { kind: 'mixed', calls: told };
}
