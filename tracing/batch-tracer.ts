/**
 * The spans of what a consumer is given: one of the batch, linked to every traced like in it, and
 * for each of those one in the like's own trace, with its store transaction below it.
 */
import { type Context, type Link, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { HeadersOf, Like } from '../likes/like.ts';
import { type CountStep, messageIdOf } from '../likes/like-steps.ts';
import { messagingAttributes } from './request-tracer.ts';
import { isRecorded, type Tracing } from './tracing.ts';

export interface BatchTracerOptions {
  readonly system: string;
  readonly destination: string;
  /** What keeps the counts, as the conventions name it, such as `postgresql`. */
  readonly database: string;
  /** Counts every like, traced or not. */
  readonly count?: CountStep;
}

/** Of a consumer; lab/consume.ts says when it is called. */
export class BatchTracer {
  readonly #tracing: Tracing;
  readonly #options: BatchTracerOptions;

  constructor(tracing: Tracing, options: BatchTracerOptions) {
    this.#tracing = tracing;
    this.#options = options;
  }

  delivered(likes: readonly Like[], headersOf?: HeadersOf): BatchTrace {
    // Before the headers are read, which is this tracer's own work.
    const deliveredUs = this.#tracing.nowUs();
    this.#options.count?.('delivered', likes.length);
    const contexts = new Map<number, Context>();
    if (headersOf !== undefined) {
      for (const index of likes.keys()) {
        const context = this.#tracing.contextIn(headersOf(index));
        if (context !== undefined && isRecorded(context)) contexts.set(index, context);
      }
    }
    return new BatchTrace(this.#tracing, this.#options, { likes, contexts, deliveredUs });
  }
}

class BatchTrace {
  readonly #tracing: Tracing;
  readonly #options: BatchTracerOptions;
  readonly #likes: readonly Like[];
  /** Where the trace of a like goes on, by its place in the batch; most likes have none. */
  readonly #contexts: ReadonlyMap<number, Context>;
  readonly #deliveredUs: number;
  readonly #begunUs = new Map<number, number>();
  readonly #receive;

  constructor(
    tracing: Tracing,
    options: BatchTracerOptions,
    batch: {
      readonly likes: readonly Like[];
      readonly contexts: ReadonlyMap<number, Context>;
      readonly deliveredUs: number;
    },
  ) {
    this.#tracing = tracing;
    this.#options = options;
    this.#likes = batch.likes;
    this.#contexts = batch.contexts;
    this.#deliveredUs = batch.deliveredUs;
    this.#receive = batch.contexts.size === 0 ? undefined : this.#startReceive();
  }

  /** The transaction that counts these begins. */
  begins(places: readonly number[]): void {
    const nowUs = this.#tracing.nowUs();
    this.#options.count?.('begun', places.length);
    for (const place of places) if (this.#contexts.has(place)) this.#begunUs.set(place, nowUs);
  }

  /** It has committed: they are visible. */
  committed(places: readonly number[]): void {
    const nowUs = this.#tracing.nowUs();
    this.#options.count?.('visible', places.length);
    for (const place of places) this.#end(place, places.length, nowUs);
  }

  /** The batch goes back to the client, to be acknowledged or not. */
  ended(): void {
    this.#receive?.end(this.#now());
  }

  #startReceive() {
    const { system, destination } = this.#options;
    const links = [...this.#contexts.values()].map(linkTo);
    const count = { 'messaging.batch.message_count': this.#likes.length };
    const options = {
      kind: SpanKind.CONSUMER,
      startTime: this.#tracing.timeOf(this.#deliveredUs),
      attributes: { ...messagingAttributes(system, destination, 'receive'), ...count },
      links,
    };
    // Below the first of them, so that whoever records that one records this.
    const [first = ROOT_CONTEXT] = this.#contexts.values();
    return this.#tracing.tracer.startSpan(`receive ${destination}`, options, first);
  }

  #end(place: number, likes: number, visibleUs: number): void {
    const context = this.#contexts.get(place);
    if (context === undefined) return;
    const { tracer, timeOf, contextOf } = this.#tracing;
    const { system, destination, database } = this.#options;
    const process = tracer.startSpan(
      `process ${destination}`,
      {
        kind: SpanKind.CONSUMER,
        startTime: timeOf(this.#deliveredUs),
        attributes: {
          ...messagingAttributes(system, destination, 'process'),
          'messaging.message.id': messageIdOf(this.#likes[place]!),
        },
        links: [linkTo(context), { context: this.#receive!.spanContext() }],
      },
      context,
    );
    const store = tracer.startSpan(
      'BATCH counts',
      {
        kind: SpanKind.CLIENT,
        startTime: timeOf(this.#begunUs.get(place) ?? this.#deliveredUs),
        attributes: {
          'db.system.name': database,
          'db.collection.name': 'counts',
          'db.operation.name': 'BATCH',
          ...(likes > 1 && { 'db.operation.batch.size': likes }),
        },
      },
      contextOf(process),
    );
    store.end(timeOf(visibleUs));
    process.end(timeOf(visibleUs));
  }

  #now() {
    return this.#tracing.timeOf(this.#tracing.nowUs());
  }
}

function linkTo(context: Context): Link {
  return { context: trace.getSpanContext(context)! };
}
