/** The room that the posts of a source get first; it doubles when there are more. */
const POSTS_FIRST = 128;

/**
 * Finds inversions: a first delivery that comes after the first delivery of a later like of the
 * same post from the same source. Keeps one number for each post and source.
 */
export class OrderCheck {
  inversions = 0;
  /** The largest distance in seqs between an inverted like and the latest one before it. */
  inversionSeqsMax = 0;
  /** By source, then by post: the largest seq delivered so far, plus 1; 0 for none. */
  readonly #latestOfSource = new Map<number, Float64Array>();
  /** The source of the last call, since most calls come for the same one again. */
  #source = Number.NaN;
  #latest: Float64Array = new Float64Array();

  /** To be called for first deliveries only, in the order of their times. */
  firstDelivery(source: number, post: number, seq: number): void {
    if (source !== this.#source || post >= this.#latest.length) this.#turnTo(source, post);
    const before = this.#latest[post]! - 1;
    if (seq < before) {
      this.inversions++;
      this.inversionSeqsMax = Math.max(this.inversionSeqsMax, before - seq);
    } else {
      this.#latest[post] = seq + 1;
    }
  }

  #turnTo(source: number, post: number): void {
    this.#source = source;
    this.#latest = this.#latestOfSource.get(source) ?? new Float64Array();
    if (post < this.#latest.length) return;
    const larger = new Float64Array(Math.max(POSTS_FIRST, 2 * (post + 1)));
    larger.set(this.#latest);
    this.#latestOfSource.set(source, larger);
    this.#latest = larger;
  }
}
