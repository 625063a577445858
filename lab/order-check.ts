/**
 * Finds inversions: a first delivery that comes after the first delivery of a later like of the
 * same post from the same source. Keeps one number for each post and source.
 */
export class OrderCheck {
  inversions = 0;
  /** The largest distance in seqs between an inverted like and the latest one before it. */
  inversionSeqsMax = 0;
  /** By source, then by post: the largest seq delivered so far, plus 1; 0 for none. */
  readonly #latest = new Map<number, Float64Array>();

  /** To be called for first deliveries only, in the order of their times. */
  firstDelivery(source: number, post: number, seq: number): void {
    const latest = this.#latestOf(source, post);
    const before = latest[post]! - 1;
    if (seq < before) {
      this.inversions++;
      this.inversionSeqsMax = Math.max(this.inversionSeqsMax, before - seq);
    } else {
      latest[post] = seq + 1;
    }
  }

  #latestOf(source: number, post: number): Float64Array {
    const found = this.#latest.get(source);
    if (found && post < found.length) return found;
    const larger = new Float64Array(Math.max(1_024, 2 * (post + 1)));
    if (found) larger.set(found);
    this.#latest.set(source, larger);
    return larger;
  }
}
