/**
 * Keeps spans in memory and writes them at the end, so that writing costs nothing while likes are
 * on their way. A line each: a JSON object with times in µs of the clock that it was traced by.
 */
import { writeFileSync } from 'node:fs';
import { type HrTime, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

/** Some 300 bytes each; what comes beyond is dropped, and found missing by whoever reads. */
const SPANS_KEPT_MAX = 500_000;

export class SpanFile implements SpanProcessor {
  readonly #path: string;
  readonly #usOf: (time: HrTime) => number;
  readonly #kept: ReadableSpan[] = [];

  constructor(path: string, usOf: (time: HrTime) => number) {
    this.#path = path;
    this.#usOf = usOf;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#kept.length < SPANS_KEPT_MAX) this.#kept.push(span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  /** Not in `shutdown`, whose errors are those of exports: whoever reads needs this file. */
  write(): void {
    writeFileSync(this.#path, this.#kept.map((span) => `${this.#lineOf(span)}\n`).join(''));
  }

  #lineOf(span: ReadableSpan): string {
    const { traceId, spanId } = span.spanContext();
    const parent = span.parentSpanContext?.spanId;
    return JSON.stringify({
      ...{ trace: traceId, span: spanId, parent, name: span.name, kind: SpanKind[span.kind] },
      fromUs: this.#usOf(span.startTime),
      toUs: this.#usOf(span.endTime),
      attributes: span.attributes,
      links: span.links.map(({ context }) => ({ trace: context.traceId, span: context.spanId })),
    });
  }
}
