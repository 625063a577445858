/** What one flash crowd met: a row of the table that compares the two ways. */
import { LatencyRecorder } from '../lab/latency-histogram.ts';
import type { Way } from './messages.ts';
import type { Outcome } from './press-ledger.ts';

export interface CrowdRow {
  readonly way: Way;
  /** Of the queue; the name that is shown. */
  readonly broker: string;
  readonly likesPerS: number;
  readonly pressed: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unknown: number;
  /** Of accepted likes, from due to answer; null where none was. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Database transactions for each like that was counted; null until all are. */
  readonly transactionsPerLike: number | null;
  /** From the last answer until every accepted like was counted; null until then. */
  readonly exactAfterMs: number | null;
  /** How late the crowd itself was, at worst: a machine that is busy makes its answers old. */
  readonly lateMs: number;
  /** Whether a part was killed, or died, meanwhile: then the row compares nothing. */
  readonly struck: boolean;
}

/** Sums of the round, at one moment. */
export interface RoundSums {
  readonly transactions: number;
  readonly counted: number;
}

const US_PER_MS = 1_000;

export class CrowdRecord {
  readonly #about: Pick<CrowdRow, 'way' | 'broker' | 'likesPerS'>;
  readonly #before: RoundSums;
  readonly #latencies = new LatencyRecorder();
  readonly #outcomes: Record<Outcome, number> = { accepted: 0, refused: 0, unknown: 0 };
  #struck = false;
  #lateMs = 0;
  #doneMs: number | undefined;
  #exact: Pick<CrowdRow, 'transactionsPerLike' | 'exactAfterMs'> | undefined;

  constructor(about: Pick<CrowdRow, 'way' | 'broker' | 'likesPerS'>, before: RoundSums) {
    this.#about = about;
    this.#before = before;
  }

  answered(outcome: Outcome, latencyMs: number): void {
    this.#outcomes[outcome]++;
    if (outcome === 'accepted') this.#latencies.record(latencyMs * US_PER_MS);
  }

  late(ms: number): void {
    this.#lateMs = ms;
  }

  /** Something was killed; after all is counted that is nothing to this crowd. */
  strike(): void {
    if (this.#exact === undefined) this.#struck = true;
  }

  done(nowMs: number): void {
    this.#doneMs = nowMs;
  }

  /** Every accepted like is counted since `sinceMs`; the first time is the one that counts. */
  exact(sinceMs: number, { transactions, counted }: RoundSums): void {
    if (this.#doneMs === undefined || this.#exact !== undefined) return;
    const likes = counted - this.#before.counted;
    this.#exact = {
      transactionsPerLike: likes === 0 ? null : (transactions - this.#before.transactions) / likes,
      exactAfterMs: Math.max(0, sinceMs - this.#doneMs),
    };
  }

  get row(): CrowdRow {
    const { accepted, refused, unknown } = this.#outcomes;
    const found = this.#latencies.summary();
    return {
      ...this.#about,
      pressed: accepted + refused + unknown,
      accepted,
      refused,
      unknown,
      p50Ms: found ? found.p50Us / US_PER_MS : null,
      p99Ms: found ? found.p99Us / US_PER_MS : null,
      ...(this.#exact ?? { transactionsPerLike: null, exactAfterMs: null }),
      lateMs: this.#lateMs,
      struck: this.#struck,
    };
  }
}
