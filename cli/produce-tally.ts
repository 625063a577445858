/** Sends likes and keeps account of what became of them, in numbers and in words. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../lab/lab-error.ts';
import { formatNumber } from '../lab/table.ts';
import { type LikeProducer, SendError, type SendOutcome } from '../likes/like.ts';
import { likesOf, type PlannedLike } from '../likes/workloads/workload.ts';

/** After a send of which nothing was acknowledged; else a server that is away for a moment would
 * meet likes that are all used up. */
const FAILED_PAUSE_MS = 200;
/** When sends fail and none was acknowledged for this long, sending on is of no use. */
const GIVE_UP_MS = 30_000;

export interface ProduceFacts {
  readonly likesPerS: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly fail: number;
}

export interface ProduceTotal extends ProduceFacts {
  readonly source: string;
  readonly distinct: number;
  readonly gaveUp: boolean;
  readonly firstReason: string | undefined;
  readonly seconds: number;
}

const number = (value: number) => formatNumber(value, 0);

export class ProduceTally {
  readonly #producer: LikeProducer;
  readonly #source: string;
  readonly #likes: number;
  readonly #outcomes = { ok: 0, fail: 0, unknown: 0 };
  readonly #startedMs = performance.now();
  #sent = 0;
  #distinct = 0;
  #firstReason: string | undefined;
  #told = { ok: 0, atMs: performance.now() };
  #okAtMs = performance.now();
  #givenUp = false;

  /** `likes`: how many distinct ones there are to send. */
  constructor(options: { producer: LikeProducer; source: string; likes: number }) {
    this.#producer = options.producer;
    this.#source = options.source;
    this.#likes = options.likes;
  }

  get hasGivenUp(): boolean {
    return this.#givenUp;
  }

  /** Resolves when it is known what became of each like, whatever that is. */
  async send(planned: readonly PlannedLike[]): Promise<void> {
    const likedAtMs = Date.now();
    this.#sent += planned.length;
    for (const { retry } of planned) if (!retry) this.#distinct++;
    try {
      await this.#producer.send(likesOf(planned, { source: this.#source, likedAtMs }));
      this.#outcomes.ok += planned.length;
      this.#okAtMs = performance.now();
    } catch (error) {
      await this.#settleEach(planned.length, error);
    }
  }

  async #settleEach(count: number, error: unknown): Promise<void> {
    this.#firstReason ??= messageOf(error);
    const outcomes: readonly SendOutcome[] =
      error instanceof SendError ? error.outcomes : new Array(count).fill('unknown');
    for (const outcome of outcomes) this.#outcomes[outcome]++;
    const nowMs = performance.now();
    if (outcomes.includes('ok')) this.#okAtMs = nowMs;
    else if (nowMs - this.#okAtMs > GIVE_UP_MS) this.#givenUp = true;
    else await sleep(FAILED_PAUSE_MS);
  }

  /** The rate is that of what was acknowledged since the last call. */
  tell(): ProduceFacts {
    const nowMs = performance.now();
    const { ok } = this.#outcomes;
    const likesPerS = Math.round(((ok - this.#told.ok) * 1_000) / (nowMs - this.#told.atMs));
    this.#told = { ok, atMs: nowMs };
    return this.#facts(likesPerS);
  }

  /** The rate is that over all. */
  total(): ProduceTotal {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    return {
      ...this.#facts(Math.round(this.#outcomes.ok / seconds)),
      source: this.#source,
      distinct: this.#distinct,
      gaveUp: this.#givenUp,
      firstReason: this.#firstReason,
      seconds,
    };
  }

  #facts(likesPerS: number): ProduceFacts {
    const { ok, unknown, fail } = this.#outcomes;
    return { likesPerS, sent: this.#sent, acknowledged: ok, unknown, fail };
  }

  describe({ likesPerS, acknowledged, unknown, fail }: ProduceFacts): string {
    return [
      `${number(likesPerS)} likes/s`,
      `${number(this.#distinct)} of ${number(this.#likes)} likes sent`,
      `acknowledged ${number(acknowledged)}`,
      `unknown ${number(unknown)}`,
      `fail ${number(fail)}`,
    ].join(' · ');
  }

  /** Several lines where there is something to do. */
  describeTotal(total: ProduceTotal): string {
    const { sent, distinct, unknown, fail, seconds } = total;
    const lines = [
      `${this.describe(total)} · sent twice ${number(sent - distinct)} · ` +
        `${formatNumber(seconds, 1)} s`,
    ];
    if (total.firstReason !== undefined) {
      lines.push(
        `${number(unknown + fail)} likes not acknowledged, at first: ${total.firstReason}`,
      );
    }
    if (total.gaveUp) lines.push(`gave up: nothing acknowledged for ${GIVE_UP_MS / 1_000} s`);
    if (total.firstReason !== undefined || distinct < this.#likes) {
      lines.push(
        `send all again with --source ${total.source} and the same likes, workload and seed: ` +
          'each (source, seq) counts once, however often it comes',
      );
    }
    return lines.join('\n');
  }
}
