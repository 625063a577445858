/** The span of a client's request: it begins when the request is due, not when it leaves. */
import { ROOT_CONTEXT, type Span, SpanKind } from '@opentelemetry/api';
import type { LikeHeaders } from '../likes/like.ts';
import type { CountStep } from '../likes/like-steps.ts';
import type { Tracing } from './tracing.ts';

export interface ClientTracerOptions {
  /** Every so many requests one is traced; 1: all. */
  readonly every: number;
  /** Counts every request, traced or not. */
  readonly count: CountStep;
}

export class ClientTracer {
  readonly #tracing: Tracing;
  readonly #options: ClientTracerOptions;
  #requests = 0;

  constructor(tracing: Tracing, options: ClientTracerOptions) {
    this.#tracing = tracing;
    this.#options = options;
  }

  /** To be called when it is sent. */
  sends(dueUs: number): ClientTrace | undefined {
    this.#options.count('due', 1, dueUs);
    if (this.#requests++ % this.#options.every !== 0) return undefined;
    const { tracer, timeOf } = this.#tracing;
    const options = {
      kind: SpanKind.CLIENT,
      startTime: timeOf(dueUs),
      attributes: { 'http.request.method': 'POST', 'url.template': '/likes' },
    };
    const span = tracer.startSpan('POST /likes', options, ROOT_CONTEXT);
    span.addEvent('sent', timeOf(this.#tracing.nowUs()));
    return new ClientTrace(this.#tracing, span);
  }
}

class ClientTrace {
  readonly headers: LikeHeaders;
  readonly #tracing: Tracing;
  readonly #span: Span;

  constructor(tracing: Tracing, span: Span) {
    this.#tracing = tracing;
    this.#span = span;
    this.headers = tracing.headersOf(span);
  }

  /** `status` 202 or another; undefined where no answer came. */
  answered(status: number | undefined): void {
    if (status === undefined) this.#span.setAttribute('error.type', 'no answer');
    else this.#span.setAttribute('http.response.status_code', status);
    this.#span.end(this.#tracing.timeOf(this.#tracing.nowUs()));
  }
}
