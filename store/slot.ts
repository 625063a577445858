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
  let hash = FNV_OFFSET_BASIS;
  for (let index = 0; index < post.length; index++) {
    const unit = post.charCodeAt(index);
    if (unit >= ASCII_END) return slotOfHash(hashBytes(hash, utf8.encode(post.slice(index))));
    hash = Math.imul(hash ^ unit, FNV_PRIME);
  }
  return slotOfHash(hash);
}

function hashBytes(start: number, bytes: Uint8Array): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash;
}

function slotOfHash(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  // A mask, not a remainder: `%` of a negative 32-bit number would be negative.
  return mixed & (SLOT_COUNT - 1);
}
