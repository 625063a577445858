/**
 * The one implementation of a like's way: likes wait in a bounded line, go on in small sends, and
 * are accepted when their send is acknowledged. What takes the sends is a `LikeProducer`: that of a
 * broker (queued), or one that writes each like to a database (direct-writer.ts).
 *
 * A like is numbered when its send begins, not when it comes: what is shed before leaves no gap in
 * the seqs. A like that waited too long is never sent, so its 503 says for certain that it is not
 * stored; of one whose send fails, or stays without an answer, the 503 says that it may be.
 */
import {
  type HeadersOf,
  type Like,
  type LikeProducer,
  SendError,
  type SendOutcome,
} from '../likes/like.ts';
import type {
  LikeNumber,
  LikePath,
  NewLike,
  NumberKeeper,
  Outcome,
  PathLoad,
  PathObserver,
  ShedReason,
} from './like-path.ts';
import type { GatewayLimits } from './limits.ts';
import type { RequestTrace } from './request-trace.ts';
import { WaitingLine } from './waiting-line.ts';

export type SendingLimits = Pick<
  GatewayLimits,
  'lingerMs' | 'likesPerSendMax' | 'sendsInFlightMax' | 'waitingMax' | 'waitMsMax' | 'answerMsMax'
>;

export interface SendingPathOptions {
  /** The path owns it: draining leaves it open, disposing the path disposes it. */
  readonly producer: LikeProducer;
  /** One life of one gateway. */
  readonly source: string;
  readonly limits: SendingLimits;
  readonly observer: PathObserver;
}

export class SendingPath implements LikePath {
  readonly #options: SendingPathOptions;
  readonly #limits: SendingLimits;
  readonly #line: WaitingLine<Request>;
  #nextSeq = 0;
  #sends = 0;
  /** Sends that are under way although their likes have been answered. */
  #silentSends = 0;
  #inFlight = 0;
  #linger: NodeJS.Timeout | undefined;
  #isDraining = false;
  readonly #drained = Promise.withResolvers<void>();

  constructor(options: SendingPathOptions) {
    this.#options = options;
    this.#limits = options.limits;
    const expired = (request: Request) => request.answer({ kind: 'shed', reason: 'too-old' });
    this.#line = new WaitingLine({ ...options.limits, expired });
  }

  refusal(): ShedReason | undefined {
    if (this.#isDraining) return 'draining';
    // Nothing can be sent, and nobody knows for how long: waiting is of no use.
    if (this.#silentSends >= this.#limits.sendsInFlightMax) return 'away';
    return this.#line.isFull ? 'full' : undefined;
  }

  async accept(like: NewLike, keeper?: NumberKeeper, trace?: RequestTrace): Promise<Outcome> {
    const reason = this.refusal();
    if (reason !== undefined) return { kind: 'shed', reason };
    const request = new Request(like, keeper, trace);
    trace?.waits();
    this.#line.push(request);
    this.#sendWhatIsDue();
    const outcome = await request.outcome;
    this.#noteDrained();
    return outcome;
  }

  drain(): Promise<void> {
    this.#isDraining = true;
    this.#sendWhatIsDue();
    this.#noteDrained();
    return this.#drained.promise;
  }

  load(): PathLoad {
    return { waiting: this.#line.size, inFlight: this.#inFlight, sends: this.#sends };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
    await this.#options.producer[Symbol.asyncDispose]();
  }

  #sendWhatIsDue(): void {
    const { lingerMs, likesPerSendMax, sendsInFlightMax } = this.#limits;
    clearTimeout(this.#linger);
    while (this.#line.size > 0 && this.#sends < sendsInFlightMax) {
      const leftMs = lingerMs - this.#line.ageMs;
      const mayWait = !this.#isDraining && this.#line.size < likesPerSendMax;
      if (mayWait && leftMs > 0) {
        this.#linger = setTimeout(() => this.#sendWhatIsDue(), Math.ceil(leftMs));
        return;
      }
      const batch = this.#line.take(likesPerSendMax);
      if (batch.length > 0) void this.#send(batch);
    }
  }

  /** Never rejects. */
  async #send(batch: readonly Request[]): Promise<void> {
    this.#sends++;
    this.#inFlight += batch.length;
    let isSilent = false;
    const silence = setTimeout(() => {
      isSilent = true;
      this.#silentSends++;
      this.#answerAll(batch, () => ({ kind: 'unknown' }));
    }, this.#limits.answerMsMax);
    const kept = await this.#numberAll(batch);
    const left = kept.filter(({ isAnswered }) => !isAnswered);
    if (left.length > 0) await this.#handOn(left);
    clearTimeout(silence);
    if (isSilent) this.#silentSends--;
    this.#sends--;
    this.#sendWhatIsDue();
  }

  /** Resolves with those that may be sent; the others are answered. */
  async #numberAll(batch: readonly Request[]): Promise<readonly Request[]> {
    for (const request of batch) request.number = request.keeper?.number ?? this.#takeNumber();
    if (batch.every(({ keeper }) => keeper === undefined)) return batch;
    const kept = await Promise.all(
      batch.map(({ keeper, number }) => keeper?.keep(number!) ?? true),
    );
    const unkept = batch.filter((_, index) => !kept[index]);
    this.#answerAll(unkept, () => ({ kind: 'shed', reason: 'unkept' }));
    return batch.filter((_, index) => kept[index]);
  }

  #takeNumber(): LikeNumber {
    return { source: this.#options.source, seq: this.#nextSeq++ };
  }

  async #handOn(batch: readonly Request[]): Promise<void> {
    const startedMs = performance.now();
    const headersOf = tellSends(batch);
    let error: unknown;
    try {
      await this.#options.producer.send(batch.map(numbered), headersOf);
    } catch (cause) {
      error = cause ?? new Error('a send failed without saying why');
    }
    const outcomes = outcomesOf(error, batch.length);
    const counts = { ok: 0, fail: 0, unknown: 0 };
    for (const outcome of outcomes) counts[outcome]++;
    for (const [index, { trace }] of batch.entries()) trace?.settles(outcomes[index]!);
    this.#options.observer.sent(counts, performance.now() - startedMs, error);
    this.#answerAll(batch, ({ number }, index) => {
      const outcome = outcomes[index]!;
      if (outcome === 'ok') return { kind: 'accepted', number: number! };
      return { kind: outcome === 'fail' ? 'refused' : 'unknown' };
    });
  }

  /** Those that are answered already keep their answer. */
  #answerAll(
    batch: readonly Request[],
    outcomeOf: (request: Request, index: number) => Outcome,
  ): void {
    for (const [index, request] of batch.entries()) {
      if (request.isAnswered) continue;
      this.#inFlight--;
      request.answer(outcomeOf(request, index));
    }
  }

  #noteDrained(): void {
    if (this.#isDraining && this.#line.size + this.#inFlight === 0) this.#drained.resolve();
  }
}

/** A like on its way, and the answer that is owed for it. */
class Request {
  readonly like: NewLike;
  readonly keeper: NumberKeeper | undefined;
  readonly trace: RequestTrace | undefined;
  readonly outcome: Promise<Outcome>;
  readonly #resolve: (outcome: Outcome) => void;
  number: LikeNumber | undefined;
  isAnswered = false;

  constructor(like: NewLike, keeper: NumberKeeper | undefined, trace: RequestTrace | undefined) {
    this.like = like;
    this.keeper = keeper;
    this.trace = trace;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  answer(outcome: Outcome): void {
    this.isAnswered = true;
    this.#resolve(outcome);
  }
}

/** What travels beside each like; undefined where none is traced. */
function tellSends(batch: readonly Request[]): HeadersOf | undefined {
  if (batch.every(({ trace }) => trace === undefined)) return undefined;
  const headers = batch.map(({ trace, number }) => trace?.sends(number!, batch.length));
  return headers.some((one) => one !== undefined) ? (index) => headers[index] : undefined;
}

function numbered({ like, number }: Request): Like {
  return { ...number!, ...like };
}

/** An error of which a producer says nothing more leaves all likes unknown. */
function outcomesOf(error: unknown, count: number): readonly SendOutcome[] {
  if (error === undefined) return new Array(count).fill('ok');
  if (error instanceof SendError && error.outcomes.length === count) return error.outcomes;
  return new Array(count).fill('unknown');
}
