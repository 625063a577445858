/**
 * What a database tells of itself while a trial runs: transactions by its own count, and sessions
 * that wait for a lock, looked at again and again.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Asks a database beside those who work in it; its own transactions are left out. */
export interface DatabaseProbe extends AsyncDisposable {
  /** Committed since some moment that stays the same, but for those of this probe. */
  transactions(): Promise<number>;
  /** Sessions that wait for a lock of a row or a table right now. */
  sessionsWaiting(): Promise<number>;
}

export interface DatabaseFacts {
  readonly transactions: number;
  /** Each time that the lab looked, how many sessions waited. */
  readonly waiting: readonly number[];
}

/** From the end of one look to the next. A wait for a row under load is as long as some of these,
 * and each look costs the server about half a ms. */
const LOOK_INTERVAL_MS = 50;

/** Sessions that have ended may tell their last transactions a moment later. */
const SETTLED_MS = 300;
const SETTLED_MS_MAX = 5_000;

export interface DatabaseWatch extends AsyncDisposable {
  /** To be asked for when all who worked in it have gone: until then they hold back some counts. */
  finish(): Promise<DatabaseFacts>;
  /** Ends the looks; what follows is no load. */
  stopLooking(): Promise<void>;
}

/** Looks from now on. */
export async function watchDatabase(probe: DatabaseProbe): Promise<DatabaseWatch> {
  const before = await probe.transactions();
  const waiting: number[] = [];
  const over = new AbortController();
  const look = async (): Promise<void> => {
    while (!over.signal.aborted) {
      waiting.push(await probe.sessionsWaiting());
      await sleep(LOOK_INTERVAL_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const looking = look();
  looking.catch(() => undefined); // Heard of by whoever stops it.
  const stopLooking = async () => {
    over.abort();
    await looking;
  };
  return {
    stopLooking,
    async finish() {
      await stopLooking();
      return { transactions: (await settled(probe)) - before, waiting };
    },
    async [Symbol.asyncDispose]() {
      await stopLooking().catch(() => undefined);
      await probe[Symbol.asyncDispose]();
    },
  };
}

/** The count once it has stood still for a while, or when that takes too long. */
async function settled(probe: DatabaseProbe): Promise<number> {
  const startedMs = performance.now();
  let last = { count: await probe.transactions(), sinceMs: startedMs };
  while (performance.now() - startedMs < SETTLED_MS_MAX) {
    await sleep(LOOK_INTERVAL_MS);
    const count = await probe.transactions();
    const nowMs = performance.now();
    if (count !== last.count) last = { count, sinceMs: nowMs };
    else if (nowMs - last.sinceMs >= SETTLED_MS) break;
  }
  return last.count;
}
