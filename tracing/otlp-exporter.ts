/** Spans to an OTLP receiver by HTTP, in JSON, and what became of them. */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Exported } from './tracing.ts';

/** A receiver that takes longer gets no more of these spans. */
const EXPORT_MS_MAX = 5_000;
const TRACES_PATH = '/v1/traces';

export interface CountingExporter extends SpanExporter {
  readonly exported: Exported;
}

/** `environment`: address and headers from OTEL_EXPORTER_OTLP_ENDPOINT and its like. */
export function otlpExporter(
  address: string | 'environment',
  exportsAtOnceMax: number,
): CountingExporter {
  const exporter = new OTLPTraceExporter({
    timeoutMillis: EXPORT_MS_MAX,
    concurrencyLimit: exportsAtOnceMax,
    ...(address !== 'environment' && { url: tracesUrl(address) }),
  });
  let exported: Exported = { delivered: 0, failed: 0 };
  return {
    get exported() {
      return exported;
    },
    export(spans: ReadableSpan[], done: (result: ExportResult) => void) {
      exporter.export(spans, (result) => {
        const { delivered, failed } = exported;
        if (result.code === ExportResultCode.SUCCESS) {
          exported = { ...exported, delivered: delivered + spans.length };
        } else {
          const reason = result.error?.message ?? 'the receiver did not say why';
          exported = { ...exported, failed: failed + spans.length, reason };
        }
        // Counted above: an error here would be thrown into a process that has other things to do.
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}

/** The base address, as the specification has it, unless it names the path already. */
export function tracesUrl(address: string): string {
  const url = new URL(address);
  if (!url.pathname.endsWith(TRACES_PATH)) {
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${TRACES_PATH}`;
  }
  return url.href;
}
