/** Counts of a store with their age and, by the queue's own word, what they may miss. */
import type { CountStore } from '../store/count-store.ts';
import { within } from './circuit.ts';
import type { ServedCounts } from './post-reader.ts';

export interface ServedCountsOptions {
  readonly store: Pick<CountStore, 'countsOf'>;
  /** Likes that the queue's server has and that are not acknowledged by a counter. */
  readonly backlogOf: () => Promise<number>;
}

/** The server is asked about its queue once for all who read within this time. */
const BACKLOG_KEPT_MS = 500;
/** A server that does not say so in this time does not know. */
const BACKLOG_MS_MAX = 500;

interface Seen {
  readonly atMs: number;
  readonly missing: number | undefined;
}

/**
 * The server is asked first, the store after it: a like that was accepted before and is not among
 * those left is in the store by then.
 */
export function openServedCounts({ store, backlogOf }: ServedCountsOptions): ServedCounts {
  let newest: Promise<Seen> | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  /** A server that hangs is not asked again before it has answered. */
  let asking: { readonly answer: Promise<number>; readonly atMs: number } | undefined;

  async function look(): Promise<Seen> {
    if (asking === undefined) {
      const answer = backlogOf().finally(() => {
        asking = undefined;
      });
      asking = { answer, atMs: lookedMs };
    }
    // Of what was accepted since it was asked, the answer may say nothing.
    const { answer, atMs } = asking;
    const missing = await within(BACKLOG_MS_MAX, () => answer).catch(() => undefined);
    return { atMs, missing };
  }

  return {
    async countsOf(posts) {
      const nowMs = performance.now();
      if (newest === undefined || nowMs - lookedMs >= BACKLOG_KEPT_MS) {
        lookedMs = nowMs;
        newest = look();
      }
      const { atMs, missing } = await newest;
      const counts = await store.countsOf(posts);
      // Without the server's word it is only known when the store was read.
      const sinceMs = missing === undefined ? nowMs : atMs;
      const ageMs = performance.now() - sinceMs;
      return counts.map((count) => ({ ...count, ageMs, missingAtMost: missing }));
    },
  };
}
