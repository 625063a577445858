/** Seeded random numbers: the same seed gives the same numbers on every machine, for ever. */

const UNIT_OF_UINT32 = 2 ** -32;

/**
 * xoshiro128** 1.1 by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c).
 * The state is kept in signed 32-bit numbers, which V8 stores without allocating.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** The state must not be all zero; `Random.seeded` makes a good one. */
  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#d = d | 0;
  }

  /**
   * One of the independent sequences of a seed. Each purpose takes a `sequence` number of its own,
   * so that drawing more for one purpose does not move the numbers of another.
   */
  static seeded(seed: number, sequence: number): Random {
    const start = mix32(seed ^ mix32(sequence + 1));
    const word = (place: number) => mix32(start + Math.imul(place, 0x9e3779b9));
    const [a, b, c, d] = [word(1), word(2), word(3), word(4)];
    // The one state from which xoshiro never leaves is all zero.
    return new Random(a, b, c, (a | b | c | d) === 0 ? 1 : d);
  }

  /** A whole number from -2^31 to 2^31 - 1. */
  nextInt32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A multiple of 2^-32 from 0 up to, never at, 1. */
  nextUnit(): number {
    return (this.nextInt32() >>> 0) * UNIT_OF_UINT32;
  }

  /**
   * A whole number from 0 to `limit - 1`, `limit` from 1 to 2^31. The chances of two numbers differ
   * by less than one part in 2^32 / `limit`, which is below what any workload can show.
   */
  nextBelow(limit: number): number {
    return Math.floor(this.nextUnit() * limit);
  }
}

/**
 * Spreads a whole number over all 32 bits, one to one; the result is signed.
 * The constants are those of MurmurHash3's finalizer (Austin Appleby, public domain).
 */
export function mix32(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
