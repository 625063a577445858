/** Hands spans to an OTLP receiver in batches, and knows what became of every one of them. */
import { type Context, TraceFlags } from '@opentelemetry/api';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { otlpExporter } from './otlp-exporter.ts';
import type { Exported } from './tracing.ts';

/** A receiver that is away for longer loses spans, and so does a burst of more of them. */
const SPANS_WAITING_MAX = 20_000;
const SPANS_PER_EXPORT_MAX = 512;
const EXPORT_INTERVAL_MS = 500;
/** At the end all that waits is handed on at once, beside an export that is under way; an exporter
 * refuses what is beyond its limit. */
const EXPORTS_AT_ONCE_MAX = Math.ceil(SPANS_WAITING_MAX / SPANS_PER_EXPORT_MAX) + 1;

export class ExportedSpans implements SpanProcessor {
  readonly #exporter: ReturnType<typeof otlpExporter>;
  readonly #batches: BatchSpanProcessor;
  #ended = 0;
  #isOver = false;

  constructor(address: Parameters<typeof otlpExporter>[0]) {
    this.#exporter = otlpExporter(address, EXPORTS_AT_ONCE_MAX);
    this.#batches = new BatchSpanProcessor({
      exporter: this.#exporter,
      maxQueueSize: SPANS_WAITING_MAX,
      maxExportBatchSize: SPANS_PER_EXPORT_MAX,
      scheduledDelayMillis: EXPORT_INTERVAL_MS,
    });
  }

  /** What the batches dropped no exporter hears of; once all is over it is what is missing. */
  get exported(): Exported {
    const { exported } = this.#exporter;
    const dropped = this.#ended - exported.delivered - exported.failed;
    if (!this.#isOver || dropped === 0) return exported;
    const reason = `no more than ${SPANS_WAITING_MAX} spans may wait`;
    return { reason, ...exported, failed: exported.failed + dropped };
  }

  onStart(span: Parameters<BatchSpanProcessor['onStart']>[0], context: Context): void {
    this.#batches.onStart(span, context);
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.#ended++;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#batches.shutdown().finally(() => {
      this.#isOver = true;
    });
  }
}
