/**
 * Spans by OpenTelemetry. Only what traces loads this file: without it no process knows of spans.
 *
 * Times are those of the clock that whoever opens it gives, so that spans of several processes of a
 * machine lie on one axis. Spans keep ns; a reading of that clock is good for about a µs.
 */
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { LikeHeaders } from '../likes/like.ts';
import { ExportedSpans } from './exported-spans.ts';
import { SpanFile } from './span-file.ts';

/** Where µs are counted from. */
export interface TracingClock {
  nowUs(): number;
  /** µs since 1970 at µs 0 of it. */
  readonly epochUs: number;
}

export interface TracingOptions {
  /** Such as `like-gateway`. */
  readonly service: string;
  /** The process's own unless told. */
  readonly clock?: TracingClock;
  /** Spans are kept until the end and written there then, a JSON object a line. */
  readonly file?: string;
  /** An OTLP receiver, such as `http://localhost:4318`; or what OpenTelemetry's variables say. */
  readonly otlp?: string | 'environment' | undefined;
  /** Of the requests that come without a trace; those that come with one bring the decision. */
  readonly share?: number;
}

/** What became of the spans that were given to an OTLP receiver. */
export interface Exported {
  readonly delivered: number;
  readonly failed: number;
  /** Why the last of those that failed did. */
  readonly reason?: string;
}

export interface Tracing extends AsyncDisposable {
  readonly tracer: Tracer;
  nowUs(): number;
  /** A time as spans take it. */
  timeOf(us: number): HrTime;
  /** The context that came along, recorded or not; undefined where none did. */
  contextIn(headers: Readonly<Record<string, unknown>> | undefined): Context | undefined;
  /** Below this span. */
  contextOf(span: Span): Context;
  headersOf(span: Span): LikeHeaders;
  /** Whether requests without a trace get one, some of them. */
  readonly startsTraces: boolean;
  exported(): Exported | undefined;
}

function ownClock(): TracingClock {
  return { nowUs: () => performance.now() * 1_000, epochUs: performance.timeOrigin * 1_000 };
}

export function openTracing(options: TracingOptions): Tracing {
  const { clock = ownClock(), share = 0 } = options;
  const epoch = { s: Math.floor(clock.epochUs / 1e6), us: Math.round(clock.epochUs % 1e6) };
  const timeOf = (us: number): HrTime => {
    const sinceUs = us + epoch.us;
    const s = Math.floor(sinceUs / 1e6);
    return [epoch.s + s, Math.round((sinceUs - s * 1e6) * 1e3)];
  };
  const usOf = ([s, ns]: HrTime): number => (s - epoch.s) * 1e6 + ns / 1e3 - epoch.us;
  const kept = options.file === undefined ? undefined : new SpanFile(options.file, usOf);
  const handedOn = options.otlp === undefined ? undefined : new ExportedSpans(options.otlp);
  const root = share > 0 ? new TraceIdRatioBasedSampler(share) : new AlwaysOffSampler();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service }),
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [kept, handedOn].filter((one) => one !== undefined),
  });
  const propagator = new W3CTraceContextPropagator();
  return {
    tracer: provider.getTracer('like-counting-queue-lab'),
    nowUs: () => clock.nowUs(),
    timeOf,
    startsTraces: share > 0,
    contextOf: (span) => trace.setSpan(ROOT_CONTEXT, span),
    contextIn(headers) {
      if (typeof headers?.traceparent !== 'string') return undefined;
      const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      return trace.getSpanContext(context) && context;
    },
    headersOf(span) {
      const headers: Record<string, string> = {};
      propagator.inject(trace.setSpan(ROOT_CONTEXT, span), headers, defaultTextMapSetter);
      // A tracestate that could not be read is an empty text here, for which SQS refuses the like.
      if (headers.tracestate === '') delete headers.tracestate;
      return headers;
    },
    exported: () => handedOn?.exported,
    async [Symbol.asyncDispose]() {
      // An export that fails is counted, and no reason for a service to end otherwise.
      await provider.shutdown().catch(() => undefined);
      kept?.write();
    },
  };
}

/** Whether whoever began the trace wants it to be recorded. */
export function isRecorded(context: Context): boolean {
  const { traceFlags = TraceFlags.NONE } = trace.getSpanContext(context) ?? {};
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}
