/** Posts of which few are popular and most are not. */
import type { Random } from './random.ts';

/** The exponent that key-value benchmarks (YCSB) use for skewed access. */
const ZIPF_EXPONENT = 0.99;

/** Post numbers are written with five digits. */
export const POSTS_MAX = 100_000;

/** `p00000` is the most popular. */
export function postNames(posts: number): string[] {
  return Array.from({ length: posts }, (_, rank) => `p${String(rank).padStart(5, '0')}`);
}

/** The chance of each rank, from 0: 1 / (rank + 1)^s, divided by the sum of all. */
export function zipfChances(posts: number, exponent: number = ZIPF_EXPONENT): Float64Array {
  const weights = Float64Array.from({ length: posts }, (_, rank) => (rank + 1) ** -exponent);
  const sum = weights.reduce((running, weight) => running + weight, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * Draws ranks in constant time by Vose's alias method: each rank has a column of equal width, which
 * it shares with at most one other (M. D. Vose, IEEE Transactions on Software Engineering, 1991).
 */
export class ZipfPosts {
  readonly #random: Random;
  readonly #keep: Float64Array;
  readonly #alias: Uint32Array;

  constructor(posts: number, random: Random, exponent: number = ZIPF_EXPONENT) {
    this.#random = random;
    this.#keep = zipfChances(posts, exponent).map((chance) => chance * posts);
    this.#alias = new Uint32Array(posts);
    const places = Array.from(this.#keep, (_, place) => place);
    const small = places.filter((place) => this.#keep[place]! < 1);
    const large = places.filter((place) => this.#keep[place]! >= 1);
    while (small.length > 0 && large.length > 0) {
      const filled = small.pop()!;
      const giver = large.at(-1)!;
      this.#alias[filled] = giver;
      this.#keep[giver]! -= 1 - this.#keep[filled]!;
      if (this.#keep[giver]! < 1) small.push(large.pop()!);
    }
    // What is left misses 1 by rounding errors alone.
    for (const place of [...small, ...large]) this.#keep[place] = 1;
  }

  draw(): number {
    const column = this.#random.nextBelow(this.#keep.length);
    return this.#random.nextUnit() < this.#keep[column]! ? column : this.#alias[column]!;
  }
}
