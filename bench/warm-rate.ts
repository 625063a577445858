/** The rate of a side after its first tenth, as lab/measure-rates.ts takes it of a backlog. */
import { WARM_UP_SHARE } from '../lab/measure-rates.ts';

export class WarmRate {
  handled = 0;
  readonly #warmAt: number;
  #warm: { handled: number; atMs: number } | undefined;

  constructor(total: number) {
    this.#warmAt = Math.floor(total * WARM_UP_SHARE);
  }

  /** Call it when a batch is done for good. */
  add(count: number): void {
    this.handled += count;
    if (this.#warm === undefined && this.handled >= this.#warmAt) {
      this.#warm = { handled: this.handled, atMs: performance.now() };
    }
  }

  /** Prints a SideReport (child.ts) of all that was added until now. */
  print(): void {
    const { handled, atMs } = this.#warm ?? { handled: this.handled, atMs: 0 };
    const perS = ((this.handled - handled) * 1000) / (performance.now() - atMs);
    process.stdout.write(JSON.stringify({ handled: this.handled, perS }));
  }
}
