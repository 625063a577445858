/** Whether a queue that is being drained still gets anywhere. */
import type { Backlog } from '../brokers/broker.ts';

/**
 * Progress is a like counted, a message parked, or less left than ever before. That likes go back
 * and forth between waiting and unacknowledged is none: one that nobody can take and nobody parks
 * does so for ever.
 */
export class DrainProgress {
  #counted = -1;
  #parked = -1;
  #leastLeft = Number.POSITIVE_INFINITY;

  /** Tells whether anything has moved since the last call. */
  see({ waiting, unacknowledged, parked }: Backlog, counted: number): boolean {
    const left = waiting + unacknowledged;
    const isMoved = counted > this.#counted || parked > this.#parked || left < this.#leastLeft;
    this.#counted = Math.max(this.#counted, counted);
    this.#parked = Math.max(this.#parked, parked);
    this.#leastLeft = Math.min(this.#leastLeft, left);
    return isMoved;
  }
}
