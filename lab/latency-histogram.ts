/** Histograms of latencies in µs, and the percentiles that their number of samples allows. */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

/** Longer latencies are counted as this long, and the result says how many. */
export const LATENCY_US_MAX = 600_000_000;
/** p99.9 needs ten samples above it to mean anything: 10,000 in all. */
const SAMPLES_FOR_P999 = 10_000;

/** One latency of a trial, in µs. `histogram` is an HdrHistogram (V2, compressed, base64). */
export interface LatencySummary {
  readonly samples: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  /** Undefined below 10,000 samples. */
  readonly p999Us?: number | undefined;
  readonly maxUs: number;
  /** Samples at or below 0: kept as 0, never dropped. */
  readonly notPositive: number;
  /** Samples above LATENCY_US_MAX: kept as LATENCY_US_MAX. */
  readonly tooLong: number;
  readonly histogram: string;
}

export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_US_MAX,
    numberOfSignificantValueDigits: 3,
  });
  #samples = 0;
  #sumUs = 0;
  #maxUs = 0;
  #notPositive = 0;
  #tooLong = 0;

  record(us: number): void {
    this.#samples++;
    this.#sumUs += us;
    this.#maxUs = Math.max(this.#maxUs, us);
    if (us <= 0) this.#notPositive++;
    if (us > LATENCY_US_MAX) this.#tooLong++;
    this.#histogram.recordValue(Math.min(LATENCY_US_MAX, Math.max(0, Math.round(us))));
  }

  /** Undefined without any sample. */
  summary(): LatencySummary | undefined {
    if (this.#samples === 0) return undefined;
    const at = (percentile: number) => this.#histogram.getValueAtPercentile(percentile);
    return {
      samples: this.#samples,
      meanUs: this.#sumUs / this.#samples,
      p50Us: at(50),
      p90Us: at(90),
      p99Us: at(99),
      p999Us: this.#samples >= SAMPLES_FOR_P999 ? at(99.9) : undefined,
      maxUs: this.#maxUs,
      notPositive: this.#notPositive,
      tooLong: this.#tooLong,
      histogram: encodeIntoCompressedBase64(this.#histogram),
    };
  }
}

/** The histogram of a summary, to be merged with others before any percentile is taken. */
export function histogramOf(summary: LatencySummary): Histogram {
  return decodeFromCompressedBase64(summary.histogram);
}
