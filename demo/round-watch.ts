/** Asks the queue's server and the database again and again, gently, while a round lasts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backlog } from '../brokers/broker.ts';
import type { DemoDatabase } from './database.ts';

/** Between two questions; none is asked before the last one is answered. */
const COUNT_INTERVAL_MS = 200;
const BACKLOG_INTERVAL_MS = 300;

export interface Watched {
  readonly post: string;
  readonly database: DemoDatabase;
  /** Undefined where there is no queue. */
  readonly backlog: (() => Promise<Backlog>) | undefined;
  /** How long the server must say that nothing is left. */
  readonly drainedTimeMs: number;
}

/** What is known; everything is as old as the last answer. */
export interface Seen {
  readonly counted: number;
  readonly lockWaits: number;
  /** Waiting and unacknowledged likes; undefined while the server gives no answer. */
  readonly backlog: number | undefined;
}

export class RoundWatch implements Disposable {
  seen: Seen = { counted: 0, lockWaits: 0, backlog: 0 };
  readonly #watched: Watched;
  readonly #stopped = new AbortController();
  #touchedMs = performance.now();
  #emptySinceMs: number | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
    void this.#repeat(COUNT_INTERVAL_MS, () => this.#askDatabase());
    const { backlog } = watched;
    if (backlog !== undefined) void this.#repeat(BACKLOG_INTERVAL_MS, () => this.#ask(backlog));
  }

  /** A like is on its way: whatever the server has said until now says nothing of it. */
  touch(): void {
    this.#touchedMs = performance.now();
    this.#emptySinceMs = undefined;
  }

  /** When the server was asked that answered that nothing is left; undefined while it does not. */
  get drainedSinceMs(): number | undefined {
    if (this.#watched.backlog === undefined) return this.#touchedMs;
    const since = this.#emptySinceMs;
    if (since === undefined) return undefined;
    return performance.now() - since >= this.#watched.drainedTimeMs ? since : undefined;
  }

  /** The server is known to be gone: its last word is no word any more. */
  forgetBacklog(): void {
    this.#emptySinceMs = undefined;
    this.seen = { ...this.seen, backlog: undefined };
  }

  [Symbol.dispose](): void {
    this.#stopped.abort();
  }

  async #repeat(intervalMs: number, ask: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const pause = sleep(intervalMs, undefined, { signal }).catch(() => undefined);
      // What cannot be asked now is asked again; until then the page shows what was last known.
      await ask().catch(() => undefined);
      await pause;
    }
  }

  async #askDatabase(): Promise<void> {
    const { database, post } = this.#watched;
    const [counted, lockWaits] = await Promise.all([database.countOf(post), database.lockWaits()]);
    this.seen = { ...this.seen, counted, lockWaits };
  }

  async #ask(backlogOf: () => Promise<Backlog>): Promise<void> {
    const askedMs = performance.now();
    try {
      const { waiting, unacknowledged } = await backlogOf();
      const backlog = waiting + unacknowledged;
      this.seen = { ...this.seen, backlog };
      const isEmpty = backlog === 0 && askedMs > this.#touchedMs;
      this.#emptySinceMs = isEmpty ? (this.#emptySinceMs ?? askedMs) : undefined;
    } catch {
      this.forgetBacklog();
    }
  }
}
