/** One byte a like. Sources are the shared numbers of the records. */

/** Which things happened to a like. */
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

/** A seq above this is no like of any trial: it would only make the lab allocate memory. */
const SEQ_MAX = 2 ** 31;
const BYTE_MAX = 255;

/** Bytes lie in pages of 16,384 seqs, so that a source grows without being copied. */
export const PAGE_BITS = 14;
const SEQS_PER_PAGE = 2 ** PAGE_BITS;
export const PAGE_MASK = SEQS_PER_PAGE - 1;
/** Stands for a page that nobody has written to. It must never be written to. */
export const EMPTY_PAGE = new Uint8Array(SEQS_PER_PAGE);

/** The pages of one source; the byte of a seq is `pages[seq >>> PAGE_BITS]![seq & PAGE_MASK]`. */
export type Pages = readonly (Uint8Array | undefined)[];

const NO_PAGES: Pages = [];

/** A byte for each like of each source, 0 until somebody sets it. */
class LikeBytes {
  readonly #pagesOfSource = new Map<number, (Uint8Array | undefined)[]>();

  /** For loops over many likes of a source, with seqs below 2^32. */
  pagesOf(source: number): Pages {
    return this.#pagesOfSource.get(source) ?? NO_PAGES;
  }

  /** Makes the page of a seq, which has to be a new one, and returns all pages of the source. */
  addPage(source: number, seq: number): Pages {
    if (seq > SEQ_MAX) throw new RangeError(`seq ${seq} is above ${SEQ_MAX}`);
    let pages = this.#pagesOfSource.get(source);
    if (pages === undefined) {
      pages = [];
      this.#pagesOfSource.set(source, pages);
    }
    pages[seq >>> PAGE_BITS] = new Uint8Array(SEQS_PER_PAGE);
    return pages;
  }

  /** The page of any seq; EMPTY_PAGE when nobody has written to it. */
  pageOf(source: number, seq: number): Uint8Array {
    return this.pagesOf(source)[Math.floor(seq / SEQS_PER_PAGE)] ?? EMPTY_PAGE;
  }

  get(source: number, seq: number): number {
    return this.pageOf(source, seq)[seq % SEQS_PER_PAGE]!;
  }

  set(source: number, seq: number, byte: number): void {
    let page = this.pageOf(source, seq);
    if (page === EMPTY_PAGE) page = this.addPage(source, seq)[seq >>> PAGE_BITS]!;
    page[seq % SEQS_PER_PAGE] = byte;
  }

  /** How many likes have each of the 256 bytes; that of 0 includes likes that nobody sent. */
  histogram(): Float64Array {
    const likesOfByte = new Float64Array(BYTE_MAX + 1);
    for (const pages of this.#pagesOfSource.values()) {
      for (const page of pages) if (page !== undefined) addRuns(page, likesOfByte);
    }
    return likesOfByte;
  }
}

/** Four bytes at a time. Neighbours are mostly alike, and a run of them is added at once. */
function addRuns(page: Uint8Array, likesOfByte: Float64Array): void {
  const words = new Uint32Array(page.buffer);
  let start = 0;
  for (let at = 1; at <= words.length; at++) {
    if (words[at] === words[start]) continue;
    for (const byte of page.subarray(4 * start, 4 * start + 4)) likesOfByte[byte]! += at - start;
    start = at;
  }
}

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

/** What happened to each like, as bits of STATE. */
export class LikeStates extends LikeBytes {
  /** Sets a bit of a like and tells whether it was set before. */
  mark(source: number, seq: number, bit: number): boolean {
    const before = this.get(source, seq);
    this.set(source, seq, before | bit);
    return (before & bit) !== 0;
  }

  /** Clears a bit and tells whether it was set. */
  take(source: number, seq: number, bit: number): boolean {
    const before = this.get(source, seq);
    if ((before & bit) === 0) return false;
    this.set(source, seq, before & ~bit);
    return true;
  }

  has(source: number, seq: number, bit: number): boolean {
    return (this.get(source, seq) & bit) !== 0;
  }

  /** Whether such a like was attempted; only for those there is a byte. */
  isAttempted(source: number, seq: number): boolean {
    return this.has(source, seq, STATE.attempted);
  }

  sweep(): Sweep {
    const sums = {
      attempted: 0,
      ok: 0,
      unknown: 0,
      fail: 0,
      missing: 0,
      counted: 0,
      parkedOnly: 0,
      recovered: 0,
      revived: 0,
      landed: 0,
    };
    const likesOfState = this.histogram();
    for (let state = 0; state <= BYTE_MAX; state++) {
      const likes = likesOfState[state]!;
      if (likes === 0) continue;
      const has = (bit: number) => (state & bit) !== 0;
      const isOk = has(STATE.ok);
      // A send that was refused says nothing of another send of the same like that timed out.
      const isFail = !isOk && has(STATE.fail) && !has(STATE.unknown);
      const isUnknown = has(STATE.attempted) && !isOk && !isFail;
      const isStored = has(STATE.counted | STATE.parked);
      if (has(STATE.attempted)) sums.attempted += likes;
      if (isOk) sums.ok += likes;
      if (isUnknown) sums.unknown += likes;
      if (isFail) sums.fail += likes;
      if (isOk && !isStored) sums.missing += likes;
      if (has(STATE.counted)) sums.counted += likes;
      if (has(STATE.parked) && !has(STATE.counted)) sums.parkedOnly += likes;
      if (isUnknown && has(STATE.counted)) sums.recovered += likes;
      if (isFail && (isStored || has(STATE.delivered))) sums.revived += likes;
      if ((isUnknown || isFail) && isStored) sums.landed += likes;
    }
    return sums;
  }
}

/** How often something happened to each like. More than 255 times count as 255. */
export class LikeCounts extends LikeBytes {
  add(source: number, seq: number): void {
    const count = this.get(source, seq);
    if (count < BYTE_MAX) this.set(source, seq, count + 1);
  }

  /** Takes one away and returns how many are left; undefined where there was none. */
  take(source: number, seq: number): number | undefined {
    const count = this.get(source, seq);
    if (count === 0) return undefined;
    this.set(source, seq, count - 1);
    return count - 1;
  }

  sum(): number {
    let sum = 0;
    const likesOfCount = this.histogram();
    for (let count = 1; count <= BYTE_MAX; count++) sum += count * likesOfCount[count]!;
    return sum;
  }
}
