/** The posts that get the most likes now: a sketch of the last second, in two halves. */
import { z } from 'zod';
import type { Like } from '../../likes/like.ts';
import { COUNTERS_DEFAULT, type HotSummary, NOTHING_SEEN, SpaceSaving } from './space-saving.ts';
import { largestOf, mergeSummaries } from './summaries.ts';

/** The window is the running half and the one before it: it holds 0.5 to 1 s of likes. */
export const HALF_WINDOW_MS = 500;

/** Posts of a summary that travels: every post with 1/200 of the likes is among them. */
const SUMMARY_POSTS_MAX = 200;

/** What one process saw in its window. */
export interface WindowSummary extends HotSummary {
  /** How much time the window holds, ms; 0 before anything was seen. */
  readonly windowMs: number;
}

/** As it comes from another process, or from a store that others write into. */
export const windowSchema: z.ZodType<WindowSummary> = z.strictObject({
  total: z.number().nonnegative(),
  posts: z.array(
    z.strictObject({
      post: z.string(),
      likes: z.number().nonnegative(),
      error: z.number().nonnegative(),
    }),
  ),
  unlistedMax: z.number().nonnegative(),
  windowMs: z.number().nonnegative(),
});

export const EMPTY_WINDOW: WindowSummary = { ...NOTHING_SEEN, windowMs: 0 };

/**
 * Halves begin at multiples of their length on the clock that `nowMs` is from, so that processes
 * that share it have the same windows, and their summaries may be merged.
 */
export class HotWindow {
  readonly #counters: number;
  readonly #halfMs: number;
  #running: SpaceSaving;
  #before: SpaceSaving;
  /** Which half is running, counted from the clock's zero. */
  #half: number | undefined;

  constructor(options: { readonly counters?: number; readonly halfMs?: number } = {}) {
    this.#counters = options.counters ?? COUNTERS_DEFAULT;
    this.#halfMs = options.halfMs ?? HALF_WINDOW_MS;
    this.#running = new SpaceSaving(this.#counters);
    this.#before = new SpaceSaving(this.#counters);
  }

  /** One update a post of the batch, whatever the batch holds of it. */
  see(likes: readonly Pick<Like, 'post'>[], nowMs: number): void {
    this.#turnTo(nowMs);
    this.#running.addEach(likes);
  }

  summary(nowMs: number, postsMax = SUMMARY_POSTS_MAX): WindowSummary {
    this.#turnTo(nowMs);
    const halves = [this.#running.summary(), this.#before.summary()];
    const merged = largestOf(mergeSummaries(halves, this.#counters), postsMax);
    return { ...merged, windowMs: this.#halfMs + (nowMs % this.#halfMs) };
  }

  #turnTo(nowMs: number): void {
    const half = Math.floor(nowMs / this.#halfMs);
    const passed = half - (this.#half ?? half);
    this.#half = half;
    if (passed <= 0) return;
    [this.#running, this.#before] = [this.#before, this.#running];
    this.#running.clear();
    // What was running before a rest of a whole half is no longer now.
    if (passed > 1) this.#before.clear();
  }
}

/** The windows of several processes as one; each process keeps at most `windowMs` of it. */
export function mergeWindows(windows: readonly WindowSummary[]): WindowSummary {
  const windowMs = Math.max(0, ...windows.map((window) => window.windowMs));
  return { ...mergeSummaries(windows, SUMMARY_POSTS_MAX), windowMs };
}
