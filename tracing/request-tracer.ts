/**
 * The spans of a request for a like: client, gateway, line and send. Names and attributes are those
 * of OpenTelemetry's conventions for HTTP and for messaging, the latter still in development.
 */
import {
  type Attributes,
  type Context,
  type HrTime,
  type Span,
  SpanKind,
  SpanStatusCode,
} from '@opentelemetry/api';
import type { LikeHeaders, SendOutcome } from '../likes/like.ts';
import type { CountStep } from '../likes/like-steps.ts';
import type { Tracing } from './tracing.ts';

export interface RequestTracerOptions {
  /** As the conventions name it, such as `kafka`. */
  readonly system: string;
  /** The queue. */
  readonly destination: string;
  /** Counts every request, traced or not. */
  readonly count?: CountStep;
}

const ROUTE = '/likes';
const NAME = `POST ${ROUTE}`;

interface Number {
  readonly source: string;
  readonly seq: number;
}

/** Of a gateway; gateway/request-trace.ts says when it is called. */
export class RequestTracer {
  readonly tracing: Tracing;
  readonly options: RequestTracerOptions;

  constructor(tracing: Tracing, options: RequestTracerOptions) {
    this.tracing = tracing;
    this.options = options;
  }

  received(headers: Readonly<Record<string, unknown>>): RequestTrace | undefined {
    const { tracing } = this;
    const { count } = this.options;
    const startTime = this.#now();
    count?.('received');
    const parent = tracing.contextIn(headers);
    if (parent === undefined && !tracing.startsTraces) {
      return count && new RequestTrace(this, undefined);
    }
    const attributes = { 'http.request.method': 'POST', 'http.route': ROUTE, 'url.path': ROUTE };
    const options = { kind: SpanKind.SERVER, attributes, startTime };
    const span = tracing.tracer.startSpan(NAME, options, parent);
    // What the sampler leaves out has a context all the same, and travels as not to be recorded.
    return new RequestTrace(this, span.isRecording() ? span : undefined);
  }

  #now() {
    return this.tracing.timeOf(this.tracing.nowUs());
  }
}

class RequestTrace {
  readonly #tracing: Tracing;
  readonly #options: RequestTracerOptions;
  readonly #server: Span | undefined;
  #create: Span | undefined;
  #send: Span | undefined;

  constructor({ tracing, options }: RequestTracer, server: Span | undefined) {
    this.#tracing = tracing;
    this.#options = options;
    this.#server = server;
  }

  waits(): void {
    const now = this.#now();
    this.#options.count?.('waiting');
    this.#create = this.#start('create', SpanKind.PRODUCER, now);
  }

  sends({ source, seq }: Number, likes: number): LikeHeaders | undefined {
    const now = this.#now();
    this.#options.count?.('sent');
    const create = this.#create;
    if (create === undefined) return undefined;
    const id = { 'messaging.message.id': `${source}.${seq}` };
    const batch = likes > 1 ? { 'messaging.batch.message_count': likes } : {};
    create.setAttributes(id).end(now);
    this.#send = this.#start('send', SpanKind.CLIENT, now, { ...id, ...batch }, [create]);
    return this.#tracing.headersOf(create);
  }

  settles(outcome: SendOutcome): void {
    const now = this.#now();
    if (outcome === 'ok') this.#options.count?.('acknowledged');
    else fails(this.#send, outcome);
    this.#send?.end(now);
  }

  answered(status: number): void {
    this.#server?.setAttribute('http.response.status_code', status);
    if (status >= 500) fails(this.#server, String(status));
    this.#server?.end(this.#now());
  }

  #start(
    operation: 'create' | 'send',
    kind: SpanKind,
    startTime: HrTime,
    more: Attributes = {},
    links: readonly Span[] = [],
  ): Span | undefined {
    if (this.#server === undefined) return undefined;
    const { system, destination } = this.#options;
    const options = {
      kind,
      startTime,
      attributes: { ...messagingAttributes(system, destination, operation), ...more },
      links: links.map((span) => ({ context: span.spanContext() })),
    };
    const parent: Context = this.#tracing.contextOf(this.#server);
    return this.#tracing.tracer.startSpan(`${operation} ${destination}`, options, parent);
  }

  #now() {
    return this.#tracing.timeOf(this.#tracing.nowUs());
  }
}

export function messagingAttributes(
  system: string,
  destination: string,
  operation: 'create' | 'send' | 'receive' | 'process',
): Attributes {
  return {
    'messaging.system': system,
    'messaging.destination.name': destination,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
  };
}

function fails(span: Span | undefined, type: string): void {
  span?.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
}
