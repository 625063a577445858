/**
 * The spans of a request for a like: client, gateway, line and send. Names and attributes are those
 * of OpenTelemetry's conventions for HTTP and for messaging, the latter still in development.
 */
import { type Attributes, type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Like, LikeHeaders, SendOutcome } from '../likes/like.ts';
import { type CountStep, messageIdOf } from '../likes/like-steps.ts';
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

/** Of a gateway; gateway/request-trace.ts says when it is called. */
export class RequestTracer {
  readonly tracing: Tracing;
  readonly options: RequestTracerOptions;

  constructor(tracing: Tracing, options: RequestTracerOptions) {
    this.tracing = tracing;
    this.options = options;
  }

  received(headers: Readonly<Record<string, unknown>>): RequestTrace | undefined {
    const receivedUs = this.tracing.nowUs();
    const { count } = this.options;
    count?.('received');
    const mayBeTraced = headers.traceparent !== undefined || this.tracing.startsTraces;
    if (!mayBeTraced) return count && new RequestTrace(this, undefined);
    return new RequestTrace(this, { headers, receivedUs });
  }
}

interface NotedRequest {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly receivedUs: number;
}

/**
 * Until its send begins it only notes the time: making spans takes longer than checking a request,
 * so a traced one would be slower there than all others. From then on a whole send waits alike.
 */
class RequestTrace {
  readonly #tracing: Tracing;
  readonly #options: RequestTracerOptions;
  /** Undefined: it is counted, and has no spans. */
  readonly #request: NotedRequest | undefined;
  #waitingUs = 0;
  #server: Span | undefined;
  #send: Span | undefined;

  constructor({ tracing, options }: RequestTracer, request: NotedRequest | undefined) {
    this.#tracing = tracing;
    this.#options = options;
    this.#request = request;
  }

  waits(): void {
    this.#waitingUs = this.#tracing.nowUs();
    this.#options.count?.('waiting');
  }

  sends(number: Pick<Like, 'source' | 'seq'>, likes: number): LikeHeaders | undefined {
    const nowUs = this.#tracing.nowUs();
    this.#options.count?.('sent');
    this.#server = this.#startServer();
    if (this.#server === undefined) return undefined;
    const id = { 'messaging.message.id': messageIdOf(number) };
    const batch = likes > 1 ? { 'messaging.batch.message_count': likes } : {};
    const create = this.#start(this.#server, 'create', this.#waitingUs, id);
    create.end(this.#tracing.timeOf(nowUs));
    this.#send = this.#start(this.#server, 'send', nowUs, { ...id, ...batch }, [create]);
    return this.#tracing.headersOf(create);
  }

  settles(outcome: SendOutcome): void {
    const nowUs = this.#tracing.nowUs();
    if (outcome === 'ok') this.#options.count?.('acknowledged');
    else fails(this.#send, outcome);
    this.#send?.end(this.#tracing.timeOf(nowUs));
  }

  answered(status: number): void {
    const nowUs = this.#tracing.nowUs();
    // What was never sent has none yet.
    this.#server ??= this.#startServer();
    this.#server?.setAttribute('http.response.status_code', status);
    if (status >= 500) fails(this.#server, String(status));
    this.#server?.end(this.#tracing.timeOf(nowUs));
  }

  /** Undefined where the trace that came along, or the sampler, leaves it out. */
  #startServer(): Span | undefined {
    if (this.#request === undefined) return undefined;
    const { headers, receivedUs } = this.#request;
    const attributes = { 'http.request.method': 'POST', 'http.route': ROUTE, 'url.path': ROUTE };
    const startTime = this.#tracing.timeOf(receivedUs);
    const options = { kind: SpanKind.SERVER, attributes, startTime };
    const span = this.#tracing.tracer.startSpan(NAME, options, this.#tracing.contextIn(headers));
    return span.isRecording() ? span : undefined;
  }

  #start(
    server: Span,
    operation: 'create' | 'send',
    fromUs: number,
    more: Attributes,
    links: readonly Span[] = [],
  ): Span {
    const { system, destination } = this.#options;
    const options = {
      kind: operation === 'create' ? SpanKind.PRODUCER : SpanKind.CLIENT,
      startTime: this.#tracing.timeOf(fromUs),
      attributes: { ...messagingAttributes(system, destination, operation), ...more },
      links: links.map((span) => ({ context: span.spanContext() })),
    };
    const parent = this.#tracing.contextOf(server);
    return this.#tracing.tracer.startSpan(`${operation} ${destination}`, options, parent);
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
