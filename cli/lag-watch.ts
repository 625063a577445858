/** Asks the server again and again what is left in a queue, gently. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backlog, Broker } from '../brokers/broker.ts';
import { messageOf } from '../lab/lab-error.ts';

/** Servers are asked at most this often, and never before they have answered. */
const POLL_INTERVAL_MS = 1_000;

/** What is known of a queue. Its lag is `waiting + unacknowledged`. */
export interface Lag {
  /** The server's last word; undefined before the first. */
  readonly backlog: Backlog | undefined;
  /** Why it gave no newer one when it was asked last. */
  readonly problem: string | undefined;
  /** How old the server's last word is; before the first, how long it has been waited for. */
  readonly ageS: number;
}

/** Who is asked. */
type Asked = Pick<Broker, 'backlog' | 'hasQueue'>;

export class LagWatch implements Disposable {
  /** Resolves when the server has said for `drainedTimeMs` without a break that nothing is left. */
  readonly drained: Promise<void>;
  /** Resolves when the queue is not there any more. */
  readonly gone: Promise<void>;
  readonly #queue: { broker: Asked; queue: string };
  readonly #drainedTimeMs: number;
  readonly #drained = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #stopped = new AbortController();
  #backlog: Backlog | undefined;
  #problem: string | undefined;
  #answeredMs = performance.now();
  #asking: Promise<void> = Promise.resolve();
  #emptySinceMs: number | undefined;

  constructor(queue: { broker: Asked; queue: string }, drainedTimeMs: number) {
    this.#queue = queue;
    this.#drainedTimeMs = drainedTimeMs;
    this.drained = this.#drained.promise;
    this.gone = this.#gone.promise;
    void this.#watch();
  }

  get lag(): Lag {
    return {
      backlog: this.#backlog,
      problem: this.#problem,
      ageS: (performance.now() - this.#answeredMs) / 1_000,
    };
  }

  /** Asks once more, when the question under way is answered. */
  ask(): Promise<void> {
    this.#asking = this.#asking.then(() => this.#ask());
    return this.#asking;
  }

  [Symbol.dispose](): void {
    this.#stopped.abort();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const pause = sleep(POLL_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
      await this.ask();
      await pause;
    }
  }

  /** Never rejects: a server that does not answer is a fact to show. */
  async #ask(): Promise<void> {
    const { broker, queue } = this.#queue;
    const askedMs = performance.now();
    try {
      const backlog = await broker.backlog(queue);
      this.#backlog = backlog;
      this.#problem = undefined;
      this.#answeredMs = performance.now();
      const isEmpty = backlog.waiting === 0 && backlog.unacknowledged === 0;
      this.#emptySinceMs = isEmpty ? (this.#emptySinceMs ?? askedMs) : undefined;
      const emptyMs = isEmpty ? askedMs - this.#emptySinceMs! : -1;
      if (emptyMs >= this.#drainedTimeMs) this.#drained.resolve();
    } catch (error) {
      this.#emptySinceMs = undefined;
      this.#problem = messageOf(error);
      // A server that does not answer this either may still have it.
      if (!(await broker.hasQueue(queue).catch(() => true))) this.#gone.resolve();
    }
  }
}
