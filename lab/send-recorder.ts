/** Sends a batch and records what became of each like, before and after. */
import {
  type HeadersOf,
  type Like,
  type LikeProducer,
  SendError,
  type SendOutcome,
} from '../likes/like.ts';
import { likesOf, type PlannedLike } from '../likes/workloads/workload.ts';
import type { Clock } from './clock.ts';
import { messageOf } from './lab-error.ts';
import type { RecordWriter } from './record-writer.ts';
import type { ProducerSums } from './worker-messages.ts';

/** Reasons kept for the result's notes; all likes are in the sums whatever their reason. */
const REASONS_MAX = 5;

export class SendRecorder {
  readonly reasons: string[] = [];
  readonly #producer: LikeProducer;
  readonly #records: RecordWriter;
  readonly #clock: Clock;
  readonly #source: string;
  readonly #keepsAnswers: boolean;
  readonly #keepsAttempts: boolean;
  #onceSending: (() => void) | undefined;
  readonly #sums = { attempted: 0, sent: 0, ok: 0, fail: 0, unknown: 0 };

  constructor(options: {
    producer: LikeProducer;
    records: RecordWriter;
    clock: Clock;
    /** Of the likes that it numbers itself. */
    source?: string;
    /** Puts each answer on disk at once, for a producer that may be killed. */
    keepsAnswers?: boolean;
    /** Puts each like on disk before it is sent. True unless told. */
    keepsAttempts?: boolean;
  }) {
    this.#producer = options.producer;
    this.#records = options.records;
    this.#clock = options.clock;
    this.#source = options.source ?? '';
    this.#keepsAnswers = options.keepsAnswers ?? false;
    this.#keepsAttempts = options.keepsAttempts ?? true;
  }

  get sums(): ProducerSums {
    return { ...this.#sums };
  }

  /** Calls `told` once, right before the next send. */
  tellNextSend(told: () => void): void {
    this.#onceSending = told;
  }

  /** Resolves when the batch is settled, whatever its outcome. */
  async send(planned: readonly PlannedLike[], dueUs?: readonly number[]): Promise<void> {
    const likedAtMs = Date.now();
    const likes = likesOf(planned, { source: this.#source, likedAtMs });
    for (const { retry } of planned) if (!retry) this.#sums.attempted++;
    // What went wrong is in the records, like by like.
    await this.#handOn(likes, dueUs).catch(() => undefined);
  }

  /**
   * The same for likes that somebody else has numbered, each of them once.
   * @throws whatever the producer throws, once it is recorded
   */
  async handOn(likes: readonly Like[], headersOf?: HeadersOf): Promise<void> {
    this.#sums.attempted += likes.length;
    await this.#handOn(likes, undefined, headersOf);
  }

  async #handOn(
    likes: readonly Like[],
    dueUs?: readonly number[],
    headersOf?: HeadersOf,
  ): Promise<void> {
    this.#sums.sent += likes.length;
    const sentUs = this.#clock.nowUs();
    this.#records.attempted(
      sentUs,
      likes,
      dueUs?.map((us) => sentUs - us),
    );
    // On disk before the send: a like that was never recorded but arrives would look like a
    // phantom.
    if (this.#keepsAttempts) this.#records.flush();
    try {
      if (likes.length > 0) {
        // Told right before, since the word takes as long to arrive as a short send takes.
        this.#onceSending?.();
        this.#onceSending = undefined;
      }
      await this.#producer.send(likes, headersOf);
      this.#settle(likes, 'ok');
    } catch (error) {
      this.#settleEach(likes, error);
      throw error;
    } finally {
      if (this.#keepsAnswers) this.#records.flush();
    }
  }

  #settle(likes: readonly Like[], outcome: SendOutcome): void {
    this.#records.outcome(this.#clock.nowUs(), likes, outcome);
    this.#sums[outcome] += likes.length;
  }

  #settleEach(likes: readonly Like[], error: unknown): void {
    if (this.reasons.length < REASONS_MAX) this.reasons.push(messageOf(error));
    const outcomes = error instanceof SendError ? error.outcomes : [];
    for (const outcome of ['ok', 'fail', 'unknown'] as const) {
      this.#settle(
        likes.filter((_, index) => (outcomes[index] ?? 'unknown') === outcome),
        outcome,
      );
    }
  }
}
