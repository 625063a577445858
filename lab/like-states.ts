/** One byte a like: which things happened to it. Sources are the shared numbers of the records. */

export const STATE = {
  attempted: 1,
  ok: 2,
  fail: 4,
  unknown: 8,
  delivered: 16,
  fresh: 32,
  counted: 64,
  parked: 128,
} as const;

/** The room that a source gets first; it doubles when a larger seq comes. */
const LIKES_FIRST = 65_536;
/** A seq above this is no like of any trial: it would only make the lab allocate memory. */
const SEQ_MAX = 2 ** 31;

export interface Sweep {
  readonly attempted: number;
  readonly ok: number;
  readonly unknown: number;
  readonly fail: number;
  /** ok, but neither counted nor parked. */
  readonly missing: number;
  readonly counted: number;
  readonly parkedOnly: number;
  readonly recovered: number;
  readonly revived: number;
  /** unknown or fail, yet counted or parked. */
  readonly landed: number;
}

export class LikeStates {
  readonly #bytesOfSource = new Map<number, Uint8Array>();

  /** Sets a bit of a like and tells whether it was set before. */
  mark(source: number, seq: number, bit: number): boolean {
    const bytes = this.#bytesFor(source, seq);
    const before = bytes[seq]!;
    bytes[seq] = before | bit;
    return (before & bit) !== 0;
  }

  /** Clears a bit and tells whether it was set. */
  take(source: number, seq: number, bit: number): boolean {
    if (!this.has(source, seq, bit)) return false;
    this.#bytesOfSource.get(source)![seq]! &= ~bit;
    return true;
  }

  has(source: number, seq: number, bit: number): boolean {
    return ((this.#bytesOfSource.get(source)?.[seq] ?? 0) & bit) !== 0;
  }

  /** Whether such a like was attempted; only for those there is a byte. */
  isAttempted(source: number, seq: number): boolean {
    return this.has(source, seq, STATE.attempted);
  }

  sweep(): Sweep {
    const byState = new Float64Array(256);
    for (const bytes of this.#bytesOfSource.values()) {
      for (let seq = 0; seq < bytes.length; seq++) byState[bytes[seq]!]!++;
    }
    const sum = (wanted: (state: number) => boolean): number =>
      byState.reduce((total, count, state) => (wanted(state) ? total + count : total), 0);
    const has = (state: number, bit: number) => (state & bit) !== 0;
    const isOk = (state: number) => has(state, STATE.ok);
    // A send that was refused says nothing of another send of the same like that timed out.
    const isFail = (state: number) =>
      !isOk(state) && has(state, STATE.fail) && !has(state, STATE.unknown);
    const isUnknown = (state: number) =>
      has(state, STATE.attempted) && !isOk(state) && !isFail(state);
    const isStored = (state: number) => has(state, STATE.counted | STATE.parked);
    return {
      attempted: sum((state) => has(state, STATE.attempted)),
      ok: sum(isOk),
      unknown: sum(isUnknown),
      fail: sum(isFail),
      missing: sum((state) => isOk(state) && !isStored(state)),
      counted: sum((state) => has(state, STATE.counted)),
      parkedOnly: sum((state) => has(state, STATE.parked) && !has(state, STATE.counted)),
      recovered: sum((state) => isUnknown(state) && has(state, STATE.counted)),
      revived: sum((state) => isFail(state) && (isStored(state) || has(state, STATE.delivered))),
      landed: sum((state) => (isUnknown(state) || isFail(state)) && isStored(state)),
    };
  }

  #bytesFor(source: number, seq: number): Uint8Array {
    const bytes = this.#bytesOfSource.get(source);
    if (bytes && seq < bytes.length) return bytes;
    if (seq > SEQ_MAX) throw new RangeError(`seq ${seq} is above ${SEQ_MAX}`);
    let length = bytes?.length ?? LIKES_FIRST;
    while (length <= seq) length *= 2;
    const larger = new Uint8Array(length);
    if (bytes) larger.set(bytes);
    this.#bytesOfSource.set(source, larger);
    return larger;
  }
}
