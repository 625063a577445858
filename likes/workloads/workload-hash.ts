/** One short text for a whole stream of likes: equal texts mean that the same likes were sent. */
import type { PlannedLike } from './planned-like.ts';

/**
 * Two 32-bit hashes that run over seq, post, user, action, version and retry of each like, in
 * order. Source and time are left out, since they differ by run. The steps are those of
 * MurmurHash3_x86_32 (Austin Appleby, public domain), the second with its factors swapped.
 * It finds differences by accident, not by intent: it is no cryptographic hash.
 */
export class WorkloadHash {
  #first = 0x6c696b65;
  #second = 0x706f7374;
  #likes = 0;

  add(like: PlannedLike): void {
    this.#likes += 1;
    this.#word(like.seq);
    this.#text(like.post);
    this.#text(like.user);
    const flags = (like.action === 'unlike' ? 2 : 0) | (like.retry ? 1 : 0);
    this.#word((like.version << 2) | flags);
  }

  /** 16 hexadecimal digits for all that was added so far; adding may go on afterwards. */
  digest(): string {
    return hex(finish(this.#first ^ this.#likes)) + hex(finish(this.#second ^ this.#likes));
  }

  #text(text: string): void {
    const length = text.length;
    // The length goes in first, so that two texts cannot borrow letters from each other.
    this.#word(length);
    let place = 0;
    for (; place + 1 < length; place += 2) {
      this.#word(text.charCodeAt(place) | (text.charCodeAt(place + 1) << 16));
    }
    if (place < length) this.#word(text.charCodeAt(place));
  }

  #word(word: number): void {
    const one = Math.imul(word, 0xcc9e2d51);
    const first = this.#first ^ Math.imul((one << 15) | (one >>> 17), 0x1b873593);
    this.#first = (Math.imul((first << 13) | (first >>> 19), 5) + 0xe6546b64) | 0;
    const two = Math.imul(word, 0x1b873593);
    const second = this.#second ^ Math.imul((two << 16) | (two >>> 16), 0xcc9e2d51);
    this.#second = (Math.imul((second << 15) | (second >>> 17), 5) + 0x561ccd1b) | 0;
  }
}

function finish(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
