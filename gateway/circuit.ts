/**
 * Calls to a system that may be away: each waits for a named time at most, and after some failures
 * in a row calls fail at once, but for one now and then that looks whether it is back.
 */

/** The system did not answer in time, answered with an error, or is not even asked. */
export class AwayError extends Error {
  override readonly name = 'AwayError';
  readonly code = 'AWAY';
}

export interface CircuitOptions {
  /** Such as `Redis for limits`. */
  readonly name: string;
  /** How long a call may take. */
  readonly callMsMax: number;
  /** Called when it begins to fail, with the error, and when it is back. */
  readonly changed: (isAway: boolean, error?: Error) => void;
}

/** So many failures in a row are no chance. */
export const FAILURES_MAX = 3;
/** How long nobody is asked; then one call tries. */
export const PAUSE_MS = 1_000;

export class Circuit {
  readonly #options: CircuitOptions;
  #failures = 0;
  #triesAgainMs = 0;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get isAway(): boolean {
    return this.#failures >= FAILURES_MAX;
  }

  /** @throws AwayError, within `callMsMax`. What the call does after that has no say any more. */
  async call<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { name, callMsMax } = this.#options;
    const nowMs = performance.now();
    if (this.isAway) {
      if (nowMs < this.#triesAgainMs) throw new AwayError(`${name} is away`);
      // Whoever comes while this one looks fails at once.
      this.#triesAgainMs = nowMs + PAUSE_MS;
    }
    try {
      const answer = await within(callMsMax, ask);
      this.#succeed();
      return answer;
    } catch (cause) {
      const error = new AwayError(`${name} does not answer: ${reasonOf(cause)}`, { cause });
      this.#fail(error);
      throw error;
    }
  }

  #succeed(): void {
    const wasAway = this.isAway;
    this.#failures = 0;
    if (wasAway) this.#options.changed(false);
  }

  #fail(error: Error): void {
    const wasAway = this.isAway;
    this.#failures++;
    if (!this.isAway) return;
    this.#triesAgainMs = performance.now() + PAUSE_MS;
    if (!wasAway) this.#options.changed(true, error);
  }
}

/**
 * Rejects when it takes longer; the work itself goes on and is listened to no more. An answer that
 * has come by then is heard first: where this process itself was held up its timers are all over,
 * and others would be called away for it.
 */
export async function within<Answer>(
  limitMs: number,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new Error(`no answer within ${limitMs} ms`));
  const timer = setTimeout(() => setImmediate(giveUp), limitMs);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** For the log of the gateway; nothing of it goes to a client. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
