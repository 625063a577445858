/** Likes that wait for their send: first in, first out, bounded in number and in age. */

interface Waiting<Item> {
  readonly item: Item;
  readonly sinceMs: number;
}

export interface WaitingLineOptions<Item> {
  /** So many may wait. */
  readonly waitingMax: number;
  /** Longer than this nobody waits. */
  readonly waitMsMax: number;
  /** Called with each that has waited too long; it is out of the line by then. */
  readonly expired: (item: Item) => void;
}

/** How much of the array may be spent entries before it is cut. */
const SPENT_MAX = 1_024;

export class WaitingLine<Item> {
  readonly #options: WaitingLineOptions<Item>;
  #entries: (Waiting<Item> | undefined)[] = [];
  #head = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WaitingLineOptions<Item>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  get isFull(): boolean {
    return this.size >= this.#options.waitingMax;
  }

  /** Whoever asks has looked at `isFull`. */
  push(item: Item): void {
    this.#entries.push({ item, sinceMs: performance.now() });
    this.#timer ??= this.#startTimer();
  }

  /** How long the first one has waited; 0 where nobody does. */
  get ageMs(): number {
    const first = this.#entries[this.#head];
    return first === undefined ? 0 : performance.now() - first.sinceMs;
  }

  /**
   * Takes the first ones out, at most `max`. Those that are too old by now are expired instead,
   * although the timer, which a busy process runs late, has not come to them.
   */
  take(max: number): Item[] {
    this.#expire();
    const taken: Item[] = [];
    while (taken.length < max && this.size > 0) taken.push(this.#shift().item);
    return taken;
  }

  #shift(): Waiting<Item> {
    const first = this.#entries[this.#head]!;
    this.#entries[this.#head] = undefined;
    this.#head++;
    if (this.#head === this.#entries.length || this.#head > SPENT_MAX) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  #expire(): void {
    while (this.size > 0 && this.ageMs >= this.#options.waitMsMax) {
      this.#options.expired(this.#shift().item);
    }
  }

  #startTimer(): NodeJS.Timeout {
    const leftMs = Math.ceil(this.#options.waitMsMax - this.ageMs);
    return setTimeout(() => {
      this.#timer = undefined;
      this.#expire();
      if (this.size > 0) this.#timer = this.#startTimer();
    }, leftMs);
  }
}
