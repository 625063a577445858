/**
 * When a post is hot, what is done about it, and when that is taken back: a pure state machine,
 * asked after each merge. A post enters when its smoothed share of all likes stays above one border
 * and leaves when it stays below a lower one; a cure is held for a while, and the post rests
 * between two cures. So nothing flaps, whatever the load does.
 */
import type { Cure } from '../hot-posts.ts';
import type { HotSummary, PostEstimate } from './space-saving.ts';

/** Largest over mean shard load that a split aims at. */
const IMBALANCE_MAX = 1.25;
/** A post is hot where it alone loads its shard so many times as much as the mean of all. */
const ENTER_IMBALANCE = 2;
const LEAVE_IMBALANCE = 1.5;
/** With many shards little is hot; less than 1 / 200 a summary cannot tell. */
const ENTER_SHARE_LEAST = 0.02;
/** With one shard, or two, the post's row alone is the reason. */
const ENTER_SHARE_MOST = 0.5;

export interface HotPolicyOptions {
  /** Cures that may be used. */
  readonly cures: readonly Cure[];
  /** Shards that hold slots. */
  readonly shards: number;
  /** Share of all likes from which on a post is hot, and below which it no longer is. */
  readonly enterShare: number;
  readonly leaveShare: number;
  /** How long the smoothed share must be above, or below, before anything is done. */
  readonly enterMs: number;
  readonly leaveMs: number;
  /** A cure lasts so long at least. */
  readonly holdMs: number;
  /** After it was taken back, a post is left alone for so long. */
  readonly restMs: number;
  /** Time constant of the smoothed share (EWMA). */
  readonly smoothMs: number;
  /** With fewer likes in the window nobody can tell, and nothing is hot. */
  readonly likesLeast: number;
  /** Posts under a cure at once. */
  readonly postsMax: number;
}

export const POLICY_TIMES = {
  enterMs: 500,
  leaveMs: 3_000,
  holdMs: 10_000,
  restMs: 5_000,
  smoothMs: 500,
  likesLeast: 50,
  postsMax: 8,
} as const;

/** What is usual for a store of so many shards. */
export function policyFor(shards: number, cures: readonly Cure[]): HotPolicyOptions {
  const shareAt = (imbalance: number, least: number, most: number) =>
    Math.min(most, Math.max(least, (imbalance - 1) / (shards - 1)));
  return {
    ...POLICY_TIMES,
    shards,
    cures,
    enterShare: shareAt(ENTER_IMBALANCE, ENTER_SHARE_LEAST, ENTER_SHARE_MOST),
    leaveShare: shareAt(LEAVE_IMBALANCE, ENTER_SHARE_LEAST / 2, ENTER_SHARE_MOST / 2),
  };
}

export type HotDecision =
  | { readonly kind: 'coalesce'; readonly post: string; readonly share: number }
  | { readonly kind: 'isolate'; readonly post: string; readonly share: number }
  | {
      readonly kind: 'split';
      readonly post: string;
      readonly share: number;
      readonly slices: number;
    }
  /** Undoes all of `cures`. */
  | {
      readonly kind: 'take-back';
      readonly post: string;
      readonly share: number;
      readonly cures: readonly Cure[];
    };

/** What the policy remembers of a post. Times are those of the observations, ms. */
export interface HotPostState {
  readonly share: number;
  /** Since when the smoothed share is at or above the upper border; and below the lower one. */
  readonly aboveSinceMs?: number | undefined;
  readonly belowSinceMs?: number | undefined;
  /** Under which cures, and since when; none while it is not hot. */
  readonly cures: readonly Cure[];
  readonly curedAtMs?: number | undefined;
  readonly restsUntilMs?: number | undefined;
}

export interface HotPolicyState {
  readonly atMs: number | undefined;
  readonly posts: ReadonlyMap<string, HotPostState>;
}

export const NO_HOT_POSTS: HotPolicyState = { atMs: undefined, posts: new Map() };

/**
 * Slices for a post with `share` of the likes on `shards` shards, so that none carries more than
 * `imbalance` times the mean: a slice adds share / k to what every shard has of all other posts,
 * (1 - share) / shards, so k = ceil(share * shards / (imbalance - (1 - share))). Never more than
 * there are shards, and two at least.
 */
export function slicesFor(share: number, shards: number, imbalance = IMBALANCE_MAX): number {
  const wanted = Math.ceil((share * shards) / (imbalance - (1 - share)));
  return Math.min(shards, Math.max(2, wanted));
}

/** One step: what was seen at `atMs` (rising), and what is to be done about it. */
export function advance(
  state: HotPolicyState,
  seen: { readonly atMs: number; readonly summary: HotSummary },
  options: HotPolicyOptions,
): { readonly state: HotPolicyState; readonly decisions: readonly HotDecision[] } {
  const { atMs, summary } = seen;
  const weight = 1 - Math.exp(-(atMs - (state.atMs ?? atMs - options.smoothMs)) / options.smoothMs);
  const isQuiet = summary.total < options.likesLeast;
  const listed = new Map(summary.posts.map((estimate) => [estimate.post, estimate]));
  const tracked = new Set(state.posts.keys());
  for (const { post, likes } of isQuiet ? [] : summary.posts) {
    if (likes >= options.leaveShare * summary.total) tracked.add(post);
  }
  const posts = new Map<string, HotPostState>();
  const decisions: HotDecision[] = [];
  const isCured = ({ cures }: HotPostState) => cures.length > 0;
  let room = options.postsMax - [...state.posts.values()].filter(isCured).length;
  for (const post of tracked) {
    const before = state.posts.get(post) ?? { share: 0, cures: [] };
    const now = isQuiet ? NO_SHARE : shareOf(listed.get(post), summary.total);
    const share = before.share + weight * (now.most - before.share);
    const after = timed(before, { share, atMs }, options);
    if (isLeaving(after, atMs, options)) {
      decisions.push({ kind: 'take-back', post, share, cures: after.cures });
      posts.set(post, { share, cures: [], restsUntilMs: atMs + options.restMs });
      room++;
      continue;
    }
    // What the sketch can only guess is no reason to move anything.
    const isSure = now.least >= options.enterShare;
    const cures =
      isSure && room > 0 && isEntering(after, atMs, options)
        ? curesFor(post, Math.max(share, now.most), options)
        : [];
    decisions.push(...cures);
    const kinds = cures.map(({ kind }) => kind as Cure);
    if (kinds.length > 0) {
      room--;
      posts.set(post, { ...after, cures: kinds, curedAtMs: atMs });
    } else if (isWorthKeeping(after, atMs, options)) posts.set(post, after);
  }
  return { state: { atMs, posts }, decisions };
}

/** The policy with its memory. */
export class HotPolicyRun {
  readonly #options: HotPolicyOptions;
  #state = NO_HOT_POSTS;

  constructor(options: HotPolicyOptions) {
    this.#options = options;
  }

  /** Posts that are under a cure since before this policy ran: it takes that back as its own. */
  adopt(cured: ReadonlyMap<string, readonly Cure[]>, atMs: number): void {
    const posts = new Map(this.#state.posts);
    for (const [post, cures] of cured) posts.set(post, { share: 0, cures, curedAtMs: atMs });
    this.#state = { atMs, posts };
  }

  advance(seen: Parameters<typeof advance>[1]): readonly HotDecision[] {
    const { state, decisions } = advance(this.#state, seen, this.#options);
    this.#state = state;
    return decisions;
  }
}

const NO_SHARE = { least: 0, most: 0 };

function shareOf(estimate: PostEstimate | undefined, total: number): typeof NO_SHARE {
  if (estimate === undefined) return NO_SHARE;
  const { likes, error } = estimate;
  return { least: (likes - error) / total, most: likes / total };
}

/** Since when the share is beyond the borders. */
function timed(
  before: HotPostState,
  { share, atMs }: { readonly share: number; readonly atMs: number },
  { enterShare, leaveShare }: HotPolicyOptions,
): HotPostState {
  return {
    ...before,
    share,
    aboveSinceMs: share >= enterShare ? (before.aboveSinceMs ?? atMs) : undefined,
    belowSinceMs: share < leaveShare ? (before.belowSinceMs ?? atMs) : undefined,
  };
}

function isEntering(
  { cures, aboveSinceMs, restsUntilMs = LONG_AGO_MS }: HotPostState,
  atMs: number,
  { enterMs }: HotPolicyOptions,
): boolean {
  if (cures.length > 0 || aboveSinceMs === undefined || atMs < restsUntilMs) return false;
  return atMs - aboveSinceMs >= enterMs;
}

function isLeaving(
  { cures, belowSinceMs, curedAtMs = LONG_AGO_MS }: HotPostState,
  atMs: number,
  { leaveMs, holdMs }: HotPolicyOptions,
): boolean {
  if (cures.length === 0 || belowSinceMs === undefined) return false;
  return atMs - belowSinceMs >= leaveMs && atMs - curedAtMs >= holdMs;
}

const LONG_AGO_MS = Number.NEGATIVE_INFINITY;

/** A post that is under no cure, does not rest and has become small is like any other. */
function isWorthKeeping(
  { cures, share, restsUntilMs = LONG_AGO_MS }: HotPostState,
  atMs: number,
  { leaveShare }: HotPolicyOptions,
): boolean {
  return cures.length > 0 || atMs < restsUntilMs || share >= leaveShare / 2;
}

/**
 * Holding likes back costs nothing to undo. Of the two that move a post, isolating it does only
 * where it is not too much for a shard of its own.
 */
function curesFor(post: string, share: number, options: HotPolicyOptions): HotDecision[] {
  const { cures, shards } = options;
  const decisions: HotDecision[] = [];
  if (cures.includes('coalesce')) decisions.push({ kind: 'coalesce', post, share });
  const maySplit = cures.includes('split') && shards > 1;
  const fitsOneShard = share * shards <= IMBALANCE_MAX;
  if (cures.includes('isolate') && (fitsOneShard || !maySplit)) {
    decisions.push({ kind: 'isolate', post, share });
  } else if (maySplit) {
    decisions.push({ kind: 'split', post, share, slices: slicesFor(share, shards) });
  }
  return decisions;
}
