/** What one counting process has done so far, in numbers and in words. */
import { formatNumber } from '../lab/table.ts';
import type { Like } from '../likes/like.ts';
import type { CommitObserver, CountingRule } from '../store/count-store.ts';
import type { Lag } from './lag-watch.ts';

/** From this age on, an answer of the server about its queue is shown with its age. */
const STALE_S = 3;

export interface CountFacts {
  readonly likesPerS: number;
  readonly counted: number;
  readonly seenAgain: number;
  readonly lag: number | undefined;
  /** How old `lag` and `parked` are. */
  readonly lagAgeS: number;
  readonly parked: number | undefined;
  /** By the wall clocks of who pressed and of this machine: negative when they disagree. */
  readonly newestAgeS: number | undefined;
  readonly problem: string | undefined;
}

export interface CountTotal {
  readonly counted: number;
  readonly seenAgain: number;
  readonly parked: number | undefined;
  readonly seconds: number;
}

/** What this process has counted. */
export class CountTally {
  #counted = 0;
  #seenAgain = 0;
  #newestLikedAtMs: number | undefined;
  readonly #startedMs = performance.now();
  #told = { counted: 0, atMs: performance.now() };

  add(likes: readonly Like[], { fresh, seen }: Parameters<CommitObserver>[0]): void {
    this.#counted += fresh.length;
    this.#seenAgain += seen.length;
    if (fresh.length === 0) return;
    // Of the last transaction, not of all, so that one clock far ahead is not shown for ever.
    this.#newestLikedAtMs = fresh.reduce((newest, place) => {
      return Math.max(newest, likes[place]!.likedAtMs);
    }, 0);
  }

  /** The rate is that since the last call. */
  tell({ backlog, problem, ageS }: Lag): CountFacts {
    const nowMs = performance.now();
    const likesPerS = ((this.#counted - this.#told.counted) * 1_000) / (nowMs - this.#told.atMs);
    this.#told = { counted: this.#counted, atMs: nowMs };
    const newest = this.#newestLikedAtMs;
    return {
      likesPerS: Math.round(likesPerS),
      counted: this.#counted,
      seenAgain: this.#seenAgain,
      lag: backlog && backlog.waiting + backlog.unacknowledged,
      lagAgeS: ageS,
      parked: backlog?.parked,
      newestAgeS: newest === undefined ? undefined : (Date.now() - newest) / 1_000,
      problem,
    };
  }

  total({ backlog }: Lag): CountTotal {
    return {
      counted: this.#counted,
      seenAgain: this.#seenAgain,
      parked: backlog?.parked,
      seconds: (performance.now() - this.#startedMs) / 1_000,
    };
  }
}

const told = (value: number | undefined) =>
  value === undefined ? 'not told' : formatNumber(value, 0);

/** What a like that changes nothing is called: under states it may be a first delivery. */
const SEEN = { tally: 'seen again', states: 'known or overtaken' } as const;

export function describeFacts(facts: CountFacts, rule: CountingRule = 'tally'): string {
  const words = [
    `${told(facts.likesPerS)} likes/s`,
    `${told(facts.counted)} counted`,
    `${told(facts.seenAgain)} ${SEEN[rule]}`,
    `lag ${told(facts.lag)}`,
  ];
  if (facts.newestAgeS !== undefined) {
    words.push(`newest pressed ${formatNumber(facts.newestAgeS, 1)} s ago (wall clock)`);
  }
  words.push(`parked ${told(facts.parked)}`);
  if (facts.lagAgeS > STALE_S) {
    const why = facts.problem === undefined ? '' : `: ${facts.problem}`;
    words.push(`no answer about lag and parked for ${told(facts.lagAgeS)} s${why}`);
  }
  return words.join(' · ');
}

export function describeTotal(total: CountTotal, rule: CountingRule = 'tally'): string {
  const { counted, seenAgain, parked, seconds } = total;
  return (
    `counted ${told(counted)} · ${SEEN[rule]} ${told(seenAgain)} · parked ${told(parked)} · ` +
    `${formatNumber(seconds, 1)} s`
  );
}
