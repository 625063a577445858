/** The marks "seen" of a source as bitmaps, in blocks of 4,096 seqs. Pure. */

export const BLOCK_SEQS = 4_096;
export const BLOCK_BYTES = BLOCK_SEQS / 8;

const BITS_SET = Uint8Array.from({ length: 256 }, (_, byte) => bitsSetIn(byte));

/** The block that holds a seq. A division, since bit shifts would cut seqs off at 32 bits. */
export function blockOf(seq: number): number {
  return Math.floor(seq / BLOCK_SEQS);
}

export function emptyBlock(): Uint8Array {
  return new Uint8Array(BLOCK_BYTES);
}

/** Whether `seq` is marked in `bits`, which must be the block of that seq. */
export function isMarked(bits: Uint8Array, seq: number): boolean {
  const bit = seq % BLOCK_SEQS;
  return (bits[bit >> 3]! & (1 << (bit & 7))) !== 0;
}

/** Marks `seq` in its block `bits`; true when it had not been marked. */
export function mark(bits: Uint8Array, seq: number): boolean {
  const bit = seq % BLOCK_SEQS;
  const byte = bits[bit >> 3]!;
  const mask = 1 << (bit & 7);
  if ((byte & mask) !== 0) return false;
  bits[bit >> 3] = byte | mask;
  return true;
}

/** How many seqs are marked in a block. */
export function countMarks(bits: Uint8Array): number {
  let marks = 0;
  for (const byte of bits) marks += BITS_SET[byte]!;
  return marks;
}

/** The marks of `bits` that are not in `known`. */
export function marksBeyond(bits: Uint8Array, known: Uint8Array | undefined): Uint8Array {
  return known === undefined ? bits : bits.map((byte, place) => byte & ~known[place]!);
}

/** The marks of both. */
export function unitedMarks(one: Uint8Array, other: Uint8Array | undefined): Uint8Array {
  return other === undefined ? one : one.map((byte, place) => byte | other[place]!);
}

function bitsSetIn(byte: number): number {
  let bits = 0;
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
}
