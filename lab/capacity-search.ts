/**
 * The search for the largest rate that holds, as a pure state machine: from the steps so far to the
 * next one. It doubles until a rate fails (or halves until one holds), then takes the geometric
 * middle until the border is known to a named resolution.
 *
 * A failure may be chance, since one pause of the machine is enough for it. So the border that
 * would be the answer is tried once more before it is believed; a rate that held once has held.
 */
import { formatNumber } from './table.ts';

/** What limits a rate that does not hold. */
export type Limit =
  | 'p99'
  | 'backlog'
  | 'loss'
  | 'broken promise'
  | 'generator'
  | 'numbers struck out'
  | 'not judged';

/** A rate that was offered, and what came of it. */
export interface SearchStep {
  readonly likesPerS: number;
  /** What limits it; undefined when it holds. */
  readonly limit: Limit | undefined;
  /** In words, such as `p99 35 ms`. */
  readonly found: string;
}

export interface SearchBounds {
  /** Of the first step, in likes per second, like the two below. */
  readonly startLikesPerS: number;
  readonly leastLikesPerS: number;
  readonly mostLikesPerS: number;
  /** The border is known when the least rate that fails is at most 1 + this times the answer. */
  readonly resolution: number;
  /** The search ends after so many steps, whatever it knows by then. */
  readonly stepsMax: number;
}

export type SearchMove =
  | { readonly kind: 'try'; readonly likesPerS: number; readonly reason: string }
  | {
      readonly kind: 'done';
      readonly capacityLikesPerS: number;
      /** The least rate that fails; undefined when even the most that is offered holds. */
      readonly failsAtLikesPerS: number | undefined;
      readonly limit: Limit | undefined;
      /** False when the search was cut short before the border was known. */
      readonly isResolved: boolean;
      readonly reason: string;
    }
  /** Not even the least rate holds, or nothing could be judged. */
  | { readonly kind: 'none'; readonly limit: Limit | undefined; readonly reason: string };

/** A border is believed after so many failures at the same rate. */
const FAILURES_BELIEVED = 2;
/** So many trials in a row that could not be judged are a matter of the server, not of the rate. */
const UNJUDGED_MAX = 3;
/** Digits of a rate that are told apart; more would claim a precision that nobody has. */
const DIGITS = 3;

/** What to do after these steps. Gives the same answer for the same steps, so it can be redone. */
export function nextMove(steps: readonly SearchStep[], bounds: SearchBounds): SearchMove {
  const { leastLikesPerS: least, mostLikesPerS: most, startLikesPerS, stepsMax } = bounds;
  if (steps.length === 0) {
    const likesPerS = Math.min(most, Math.max(least, rounded(startLikesPerS)));
    return { kind: 'try', likesPerS, reason: 'the start' };
  }
  const known = borderOf(steps);
  if (known.holds === undefined) return moveWithoutHold(steps, known, bounds);
  if (known.fails === undefined) {
    if (known.holds >= most) {
      return doneAt(known, true, `${rate(most)} is the most that is offered, and it holds`);
    }
    if (steps.length >= stepsMax) return cutShort(known, stepsMax);
    return { kind: 'try', likesPerS: Math.min(most, known.holds * 2), reason: 'twice as much' };
  }
  const middle = rounded(Math.sqrt(known.holds * known.fails));
  const isNear =
    known.fails <= known.holds * (1 + bounds.resolution) ||
    middle <= known.holds ||
    middle >= known.fails;
  if (isNear && known.failures >= FAILURES_BELIEVED) {
    return doneAt(known, true, `${rate(known.fails)} fails ${times(known.failures)}`);
  }
  if (steps.length >= stepsMax) return cutShort(known, stepsMax);
  if (isNear) {
    const reason = 'the border once more, since one failure may be chance';
    return { kind: 'try', likesPerS: known.fails, reason };
  }
  const reason = `between ${rate(known.holds)} and ${rate(known.fails)}`;
  return { kind: 'try', likesPerS: middle, reason };
}

/** One line for people: what the last step found, and what follows from it. */
export function explainMove(step: SearchStep, move: SearchMove): string {
  const said = step.limit === undefined ? 'holds' : `fails (${step.limit})`;
  return `${rate(step.likesPerS)}: ${step.found}, ${said} -> ${wordsOf(move)}`;
}

function wordsOf(move: SearchMove): string {
  if (move.kind === 'try') return `try ${rate(move.likesPerS)}, ${move.reason}`;
  if (move.kind === 'none') return `no capacity: ${move.reason}`;
  return `capacity ${rate(move.capacityLikesPerS)}: ${move.reason}`;
}

interface Border {
  /** The largest rate that held at least once. */
  readonly holds: number | undefined;
  /** The least rate above it that never held, how often it failed, and by what at last. */
  readonly fails: number | undefined;
  readonly failures: number;
  readonly limit: Limit | undefined;
}

function borderOf(steps: readonly SearchStep[]): Border {
  const held = steps.filter(({ limit }) => limit === undefined);
  const holds = held.length > 0 ? Math.max(...held.map(({ likesPerS }) => likesPerS)) : undefined;
  // What failed below a rate that held, failed by chance.
  const failed = steps.filter(({ likesPerS }) => likesPerS > (holds ?? 0));
  if (failed.length === 0) return { holds, fails: undefined, failures: 0, limit: undefined };
  const fails = Math.min(...failed.map(({ likesPerS }) => likesPerS));
  const there = failed.filter(({ likesPerS }) => likesPerS === fails);
  return { holds, fails, failures: there.length, limit: there.at(-1)!.limit };
}

function moveWithoutHold(
  steps: readonly SearchStep[],
  { fails, failures, limit }: Border,
  { leastLikesPerS: least, stepsMax }: SearchBounds,
): SearchMove {
  const last = steps.slice(-UNJUDGED_MAX);
  if (last.length === UNJUDGED_MAX && last.every((step) => step.limit === 'not judged')) {
    const reason = `${UNJUDGED_MAX} trials in a row could not be judged; see their reasons`;
    return { kind: 'none', limit: 'not judged', reason };
  }
  if (fails! <= least && failures >= FAILURES_BELIEVED) {
    return { kind: 'none', limit, reason: `not even ${rate(least)} holds` };
  }
  if (steps.length >= stepsMax) {
    return { kind: 'none', limit, reason: `nothing held within ${stepsMax} steps` };
  }
  if (fails! <= least) {
    return { kind: 'try', likesPerS: least, reason: 'the least once more, before it is believed' };
  }
  const likesPerS = Math.max(least, Math.floor(fails! / 2));
  return { kind: 'try', likesPerS, reason: 'half as much' };
}

function doneAt(known: Border, isResolved: boolean, reason: string): SearchMove {
  return {
    kind: 'done',
    capacityLikesPerS: known.holds!,
    failsAtLikesPerS: known.fails,
    limit: known.limit,
    isResolved,
    reason,
  };
}

function cutShort(known: Border, stepsMax: number): SearchMove {
  const above =
    known.fails === undefined ? 'nothing above was tried' : `${rate(known.fails)} fails`;
  return doneAt(known, false, `the search ends after ${stepsMax} steps; ${above}`);
}

function rounded(likesPerS: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, likesPerS))) - (DIGITS - 1));
  return Math.max(1, Math.round(likesPerS / unit) * unit);
}

function rate(likesPerS: number): string {
  return `${formatNumber(likesPerS, 0)}/s`;
}

function times(count: number): string {
  return count === 2 ? 'twice' : `${count} times`;
}
