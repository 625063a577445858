/** How late Node's event loop is: what a request waits before any code of ours sees it. */

const BEAT_MS = 20;
/** One pause, of a collection of garbage or of a busy machine, is no overload. */
export const LASTING_BEATS = 3;

export class LoopDelay implements Disposable {
  #beatMs = performance.now();
  /** The last ones, the newest first. */
  #delaysMs: readonly number[] = new Array(LASTING_BEATS).fill(0);
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const delayMs = Math.max(0, nowMs - this.#beatMs - BEAT_MS);
      this.#delaysMs = [delayMs, ...this.#delaysMs.slice(0, LASTING_BEATS - 1)];
      this.#beatMs = nowMs;
    }, BEAT_MS).unref();
  }

  /** The delay of the last beat, or of the one that should have come since. */
  get ms(): number {
    return Math.max(this.#delaysMs[0]!, performance.now() - this.#beatMs - BEAT_MS);
  }

  /** By how much each of the last beats was late at least: that it is late and stays so. */
  get lastingMs(): number {
    return Math.min(...this.#delaysMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
