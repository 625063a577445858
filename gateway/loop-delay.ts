/** How late Node's event loop is: what a request waits before any code of ours sees it. */

const BEAT_MS = 20;

export class LoopDelay implements Disposable {
  #beatMs = performance.now();
  #lastDelayMs = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#lastDelayMs = Math.max(0, nowMs - this.#beatMs - BEAT_MS);
      this.#beatMs = nowMs;
    }, BEAT_MS).unref();
  }

  /** The delay of the last beat, or of the one that should have come since. */
  get ms(): number {
    return Math.max(this.#lastDelayMs, performance.now() - this.#beatMs - BEAT_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
