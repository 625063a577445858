/**
 * Stores batches in small transactions, several at once: how a service that is given likes one by
 * one writes them, where a consumer of this lab would write a thousand together.
 */
import { type AppliesLikes, allOf, applyAt, type Batch } from './apply-parts.ts';

export interface SmallTransactionLimits {
  /** Likes of one call of the store, which is one transaction a shard that it touches. */
  readonly likesMax: number;
  /** Calls under way at once, over all batches; others wait in the order they came. */
  readonly atOnceMax: number;
}

export class SmallTransactions implements AppliesLikes {
  readonly #store: AppliesLikes;
  readonly #limits: SmallTransactionLimits;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(store: AppliesLikes, limits: SmallTransactionLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  async apply(...batch: Batch): Promise<void> {
    const [likes] = batch;
    const { likesMax } = this.#limits;
    const parts: Promise<void>[] = [];
    for (let from = 0; from < likes.length; from += likesMax) {
      const size = Math.min(likesMax, likes.length - from);
      const places = Array.from({ length: size }, (_, index) => from + index);
      parts.push(this.#inTurn(() => applyAt(this.#store, places, ...batch)));
    }
    await allOf(parts);
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#underWay < this.#limits.atOnceMax) this.#underWay++;
    // Whoever is done hands its place on.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }
}
