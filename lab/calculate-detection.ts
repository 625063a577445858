/**
 * How well hot posts are found, by calculation over the likes of a workload at a stated rate: what
 * the merged windows of several counting processes name, against exact counts of the same windows.
 */
import type { Workload } from '../likes/workloads/workload.ts';

/** What a process watches its likes with, and how their windows become one; store/hot has it. */
export interface DetectionTools {
  openWindow(): {
    see(likes: readonly { readonly post: string }[], nowMs: number): void;
    summary(nowMs: number): PostsNamed;
  };
  merge(windows: readonly PostsNamed[]): PostsNamed;
  /** A window is the running half and the one before it; halves begin at multiples of it. */
  readonly halfWindowMs: number;
  /** From this share of the likes on, for sure, a post is hot. */
  readonly enterShare: number;
}

export interface PostsNamed {
  readonly total: number;
  /** The largest first. */
  readonly posts: readonly {
    readonly post: string;
    readonly likes: number;
    readonly error: number;
  }[];
}

export interface DetectionSetting {
  readonly likesPerS: number;
  /** Counting processes; batches go to them by turns. */
  readonly processes: number;
  /** How often their windows are merged. */
  readonly mergeEveryMs: number;
  /** When the first like comes, on the clock that windows and merges follow. */
  readonly startMs?: number;
  /** A post to wait for, and the seq from which on it is hot. */
  readonly flash?: { readonly post: string; readonly fromSeq: number };
}

export interface Detection {
  readonly merges: number;
  /** Means over all merges. Of the ten named: how many belong there. */
  readonly precisionAt10: number;
  /** Of those that belong there whichever way ties are broken: how many are named. */
  readonly recallAt10: number;
  /** From the flash's first like to the merge that first says that the post is hot. */
  readonly delayMs?: number;
}

const TOP = 10;
/** A batch holds what comes in this time. */
const BATCH_MS = 10;

/** The likes of the whole stream, retries included, at equal distances. */
export function calculateDetection(
  workload: Pick<Workload, 'stream'>,
  setting: DetectionSetting,
  tools: DetectionTools,
): Detection {
  const { likesPerS, processes, mergeEveryMs, startMs = 0, flash } = setting;
  const windows = Array.from({ length: processes }, () => tools.openWindow());
  const exact = new ExactWindow(tools.halfWindowMs);
  const sums = { merges: 0, precision: 0, recall: 0 };
  let flashMs: number | undefined;
  let delayMs: number | undefined;
  let mergeMs = nextMultiple(startMs, mergeEveryMs);
  let batch: { readonly post: string }[] = [];
  let batches = 0;
  let place = 0;

  function merge(): void {
    const named = tools.merge(windows.map((window) => window.summary(mergeMs)));
    const truth = exact.largestFirst(mergeMs);
    const found = agreement(named, truth);
    sums.merges++;
    sums.precision += found.precision;
    sums.recall += found.recall;
    if (flashMs === undefined || delayMs !== undefined) return;
    const hot = named.posts.find(({ post }) => post === flash?.post);
    if (hot === undefined || hot.likes - hot.error < tools.enterShare * named.total) return;
    delayMs = mergeMs - flashMs;
  }
  function hand(nowMs: number): void {
    windows[batches++ % processes]!.see(batch, nowMs);
    exact.see(batch, nowMs);
    batch = [];
  }
  for (const { post, seq } of workload.stream()) {
    const nowMs = startMs + (place++ * 1_000) / likesPerS;
    const isBatchOver =
      Math.floor(nowMs / BATCH_MS) !== Math.floor((nowMs - 1_000 / likesPerS) / BATCH_MS);
    if (isBatchOver && batch.length > 0) hand(Math.floor(nowMs / BATCH_MS) * BATCH_MS - 1e-6);
    while (nowMs >= mergeMs) {
      // The first window is not full, and says nothing that others do not.
      if (mergeMs >= startMs + 2 * tools.halfWindowMs) merge();
      mergeMs += mergeEveryMs;
    }
    if (flash !== undefined && seq >= flash.fromSeq && post === flash.post) flashMs ??= nowMs;
    batch.push({ post });
  }
  return {
    merges: sums.merges,
    precisionAt10: sums.precision / sums.merges,
    recallAt10: sums.recall / sums.merges,
    ...(delayMs !== undefined && { delayMs }),
  };
}

/** Exact counts of the same half windows. */
class ExactWindow {
  readonly #halfMs: number;
  #running = new Map<string, number>();
  #before = new Map<string, number>();
  #half = 0;

  constructor(halfMs: number) {
    this.#halfMs = halfMs;
  }

  see(likes: readonly { readonly post: string }[], nowMs: number): void {
    this.#turnTo(nowMs);
    for (const { post } of likes) this.#running.set(post, (this.#running.get(post) ?? 0) + 1);
  }

  largestFirst(nowMs: number): [post: string, likes: number][] {
    this.#turnTo(nowMs);
    const sums = new Map(this.#before);
    for (const [post, likes] of this.#running) sums.set(post, (sums.get(post) ?? 0) + likes);
    return [...sums].sort((one, other) => other[1] - one[1]);
  }

  #turnTo(nowMs: number): void {
    const half = Math.floor(nowMs / this.#halfMs);
    for (; this.#half < half; this.#half++) {
      this.#before = this.#running;
      this.#running = new Map();
      if (this.#before.size === 0) this.#half = half - 1;
    }
  }
}

/** Both are 1 where nothing was liked. */
export function agreement(
  named: Pick<PostsNamed, 'posts'>,
  truth: readonly (readonly [post: string, likes: number])[],
): { readonly precision: number; readonly recall: number } {
  const top = named.posts.slice(0, TOP).map(({ post }) => post);
  const likesOf = new Map(truth);
  // Of posts with the same number of likes any may stand in the last places.
  const least = truth[Math.min(TOP, truth.length) - 1]?.[1] ?? 0;
  const next = truth[TOP]?.[1] ?? 0;
  const certain = truth.slice(0, TOP).filter(([, likes]) => likes > next);
  const right = top.filter((post) => (likesOf.get(post) ?? 0) >= Math.max(1, least));
  const found = certain.filter(([post]) => top.includes(post));
  return {
    precision: top.length === 0 ? 1 : right.length / top.length,
    recall: certain.length === 0 ? 1 : found.length / certain.length,
  };
}

function nextMultiple(ms: number, of: number): number {
  return (Math.floor(ms / of) + 1) * of;
}
