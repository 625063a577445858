/** What happened in the last moments: rates and latencies that a page shows while they change. */

/** Rates are over this long; a shorter window would show the beat of the messages instead. */
const RATE_WINDOW_MS = 1_500;
const LATENCY_WINDOW_MS = 3_000;
/** Of more answers in the window the newest are kept. */
const LATENCIES_MAX = 20_000;

/** Rates of totals that only grow. */
export class RecentRates<Name extends string> {
  #samples: { readonly atMs: number; readonly totals: Record<Name, number> }[] = [];

  /** Per second, over what was noted within the window; 0 with the first totals. */
  note(atMs: number, totals: Readonly<Record<Name, number>>): Record<Name, number> {
    this.#samples.push({ atMs, totals: { ...totals } });
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - RATE_WINDOW_MS) {
      this.#samples.shift();
    }
    const first = this.#samples[0]!;
    const seconds = (atMs - first.atMs) / 1_000;
    const rate = (name: Name) =>
      seconds === 0 ? 0 : Math.max(0, (totals[name] - first.totals[name]) / seconds);
    const names = Object.keys(totals) as Name[];
    return Object.fromEntries(names.map((name) => [name, rate(name)])) as Record<Name, number>;
  }

  forget(): void {
    this.#samples = [];
  }
}

export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Percentiles of the answers of the last moments. */
export class RecentLatencies {
  #answers: { readonly atMs: number; readonly latencyMs: number }[] = [];

  add(atMs: number, latencyMs: number): void {
    this.#answers.push({ atMs, latencyMs });
    if (this.#answers.length > 2 * LATENCIES_MAX) {
      this.#answers = this.#answers.slice(-LATENCIES_MAX);
    }
  }

  /** Undefined where nothing was answered. */
  percentiles(nowMs: number): Percentiles | undefined {
    this.#answers = this.#answers.filter(({ atMs }) => atMs > nowMs - LATENCY_WINDOW_MS);
    if (this.#answers.length === 0) return undefined;
    const sorted = this.#answers.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;
    return { p50Ms: at(0.5), p99Ms: at(0.99) };
  }
}
