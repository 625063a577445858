/** Samples of a queue's backlog, shared by everybody who needs one, and asked for gently. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What the server said of a queue. */
export interface BacklogSample {
  /** When it was asked, on the reader's clock, in ms: what it said is true of no earlier time. */
  readonly askedMs: number;
  /** Likes waiting or unacknowledged. */
  readonly likes: number;
}

export interface BacklogSampleOptions {
  /** Likes waiting and unacknowledged, by the server's own word. A rejection is no answer. */
  readonly backlogOf: () => Promise<number>;
  /** The server is asked at most this often. */
  readonly intervalMs: number;
  readonly nowMs: () => number;
}

/** So long a reader waits for a first sample, or for one in the place of an old one. */
const ANSWER_LIMIT_MS = 1_000;
/** Up to so many intervals old a sample is used while the next one is asked for. */
const INTERVALS_USED_MAX = 2;

/** Asks only while somebody wants samples: there is no timer that would have to be stopped. */
export class BacklogSamples {
  readonly #options: BacklogSampleOptions;
  #last: BacklogSample | undefined;
  #begunMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(options: BacklogSampleOptions) {
    this.#options = options;
  }

  /**
   * The newest answer. One that is due is asked for meanwhile, and waited for only where there is
   * none or it is old. Undefined when the server has never answered.
   */
  async newest(): Promise<BacklogSample | undefined> {
    const { intervalMs, nowMs } = this.#options;
    if (this.#asking === undefined && nowMs() - this.#begunMs >= intervalMs) this.#ask();
    const isOld =
      this.#last === undefined || nowMs() - this.#last.askedMs > INTERVALS_USED_MAX * intervalMs;
    if (isOld && this.#asking !== undefined) {
      const limit = new AbortController();
      const late = sleep(ANSWER_LIMIT_MS, undefined, { signal: limit.signal, ref: false });
      await Promise.race([this.#asking, late.catch(() => undefined)]);
      limit.abort();
    }
    return this.#last;
  }

  #ask(): void {
    const askedMs = this.#options.nowMs();
    this.#begunMs = askedMs;
    this.#asking = this.#options
      .backlogOf()
      .then((likes) => {
        this.#last = { askedMs, likes };
      })
      // Without an answer the last one gets older, and with it the age of what is served.
      .catch(() => undefined)
      .finally(() => {
        this.#asking = undefined;
      });
  }
}
