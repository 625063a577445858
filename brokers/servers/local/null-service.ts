/** One server with a known service time, first come first served, in front of a queue. */
import { type ServiceTime, serviceTimes } from '../../../likes/workloads/service-times.ts';

/**
 * Node's timers tick in ms and come up to one late. So from this long before the next service ends
 * the event loop turns without a rest, about 5 µs a turn, and goes on taking requests.
 */
const SPIN_MS = 2;

interface InService<T> {
  readonly item: T;
  readonly endsAtMs: number;
}

/**
 * Each item comes out when its service has ended: it begins when the item arrives or when the
 * service of the one before it ends, whichever is later. Services are drawn in order of arrival.
 */
export class ServiceLine<T> {
  readonly #takesUs: () => number;
  readonly #served: (item: T) => void;
  #line: InService<T>[] = [];
  /** Where those in the line begin: removing the first of a long array would copy the others. */
  #first = 0;
  #freeAtMs = 0;
  #isWatched = false;

  constructor(service: ServiceTime, served: (item: T) => void) {
    this.#takesUs = serviceTimes(service);
    this.#served = served;
  }

  /** Items that have not come out yet. */
  get size(): number {
    return this.#line.length - this.#first;
  }

  add(items: readonly T[]): void {
    const nowMs = performance.now();
    for (const item of items) {
      this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + this.#takesUs() / 1_000;
      this.#line.push({ item, endsAtMs: this.#freeAtMs });
    }
    if (!this.#isWatched && this.size > 0) this.#watch();
  }

  /** What is in the line never comes out. */
  close(): void {
    this.#line = [];
    this.#first = 0;
  }

  readonly #watch = (): void => {
    this.#isWatched = this.#letOut(performance.now());
    if (!this.#isWatched) return;
    const leftMs = this.#line[this.#first]!.endsAtMs - performance.now();
    if (leftMs >= SPIN_MS + 1) setTimeout(this.#watch, Math.floor(leftMs - SPIN_MS));
    else setImmediate(this.#watch);
  };

  /** Whether any are left. */
  #letOut(nowMs: number): boolean {
    while (this.size > 0 && this.#line[this.#first]!.endsAtMs <= nowMs) {
      const { item } = this.#line[this.#first]!;
      this.#first += 1;
      this.#served(item);
    }
    if (this.#first >= 1_000 && this.#first * 2 >= this.#line.length) {
      this.#line = this.#line.slice(this.#first);
      this.#first = 0;
    }
    return this.size > 0;
  }
}
