/** Looks at a whole path: what its queue holds by the server's word, beside its processes' sums. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backlog } from '../../brokers/broker.ts';
import { ArrivalCurve } from './arrival-curve.ts';
import type { PathSums } from './path-sums.ts';

export interface PathLook {
  readonly backlog: Backlog;
  readonly sums: PathSums;
  /** How long ago the oldest like that waits came into the queue. */
  readonly ageS: number;
  /**
   * Published, less settled, less everything that the server says it has. The published are read
   * before it is asked and the settled after it has answered, and whoever settles or publishes a
   * like tells so at once, so whatever is on its way can only make this smaller: so many likes, at
   * least, were acknowledged and are neither counted, nor waiting, nor dead letters. Undefined
   * while no gateway has published anything here.
   */
  readonly drift: number | undefined;
}

export interface PathWatchOptions {
  /** The server's own word. */
  readonly backlogOf: () => Promise<Backlog>;
  readonly sums: () => PathSums;
  readonly nowMs?: () => number;
}

/** However many ask, the server is asked so often, but for those who call `ask`. */
const LOOK_KEPT_MS = 1_500;
/** So long somebody who wants the newest look waits for the server's answer. */
const ANSWER_MS_MAX = 1_000;
/** A look that is older says nothing of now. */
const LOOK_USED_MS_MAX = 5_000;

export class PathWatch {
  readonly #options: Required<PathWatchOptions>;
  readonly #curve = new ArrivalCurve();
  #last: { readonly look: PathLook; readonly atMs: number } | undefined;
  #asking: Promise<Backlog> | undefined;

  constructor(options: PathWatchOptions) {
    this.#options = { nowMs: () => performance.now(), ...options };
  }

  /** Asks the server, and resolves or rejects with its answer; one question at a time. */
  ask(): Promise<Backlog> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Undefined while the server does not answer, or no sums can be read. Never rejects. */
  async newest(): Promise<PathLook | undefined> {
    if (this.#ageMs() > LOOK_KEPT_MS) {
      const limit = new AbortController();
      const late = sleep(ANSWER_MS_MAX, undefined, { signal: limit.signal, ref: false });
      await Promise.race([this.ask(), late]).catch(() => undefined);
      limit.abort();
      late.catch(() => undefined);
    }
    return this.#ageMs() > LOOK_USED_MS_MAX ? undefined : this.#last?.look;
  }

  #ageMs(): number {
    return this.#options.nowMs() - (this.#last?.atMs ?? Number.NEGATIVE_INFINITY);
  }

  async #ask(): Promise<Backlog> {
    const { backlogOf, nowMs } = this.#options;
    const before = this.#sums();
    const backlog = await backlogOf();
    const after = this.#sums();
    if (before === undefined || after === undefined) return backlog;
    const { published, unknown } = before;
    const atMs = nowMs();
    const left = backlog.waiting + backlog.unacknowledged;
    const ageS = this.#curve.look(atMs, after.settled + backlog.parked, left) / 1_000;
    const missing = published - after.settled - left - backlog.parked;
    const drift = published + unknown === 0 ? undefined : missing;
    this.#last = { look: { backlog, sums: after, ageS, drift }, atMs };
    return backlog;
  }

  /** Undefined where they cannot be read: whoever counts needs the server's answer all the same. */
  #sums(): PathSums | undefined {
    try {
      return this.#options.sums();
    } catch {
      return undefined;
    }
  }
}
