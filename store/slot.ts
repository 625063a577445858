/** Post -> slot. The slot of a post never changes; which shard holds a slot may (slot-map.ts). */

/** Fixed for ever: far more than shards, so that a slot is a small thing to move. */
export const SLOT_COUNT = 4_096;

const FNV_OFFSET_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const ASCII_END = 0x80;

const utf8 = new TextEncoder();

/**
 * The slot of a post, from 0 to 4,095: 32-bit FNV-1a over the UTF-8 bytes of the id, then
 * MurmurHash3's 32-bit finaliser, of which the low 12 bits. A lone surrogate counts as U+FFFD.
 * FNV alone leaves its low bits uneven for ids that differ in their last characters only, which is
 * what the finaliser repairs. Stores on disk rely on every bit of this: tests/store/slot.test.ts
 * holds vectors that must never be edited.
 * Sources: draft-eastlake-fnv (FNV-1a), smhasher's MurmurHash3.cpp (fmix32).
 */
export function slotOf(post: string): number {
  // A mask, not a remainder: cheaper, and the same for a number that is not negative.
  return hashOf(post) & (SLOT_COUNT - 1);
}

/** The whole hash of which a slot is the low bits: 0 to 2^32 - 1. */
export function hashOf(text: string): number {
  let hash = FNV_OFFSET_BASIS;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= ASCII_END) return mixed(hashBytes(hash, utf8.encode(text.slice(index))));
    hash = Math.imul(hash ^ unit, FNV_PRIME);
  }
  return mixed(hash);
}

function hashBytes(start: number, bytes: Uint8Array): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash;
}

/** MurmurHash3's 32-bit finaliser: all bits of the result depend on all bits of `hash`. */
export function mixed(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
