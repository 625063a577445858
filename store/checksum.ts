/**
 * Checksums of what a store holds, so that an audit finds a corrupted count or mark and says where.
 * Pure, and the same for every engine. Stores on disk rely on every bit of this:
 * tests/store/checksum.test.ts holds vectors that must never be edited.
 */
import { crc32 } from 'node:zlib';

/** Checksums of counts have 53 bits: whole numbers that JavaScript and SQL both keep exactly. */
const COUNT_BITS = 53;

/** Of a sum of two checksums of one post, these bits are the checksum of the summed counts. */
export const COUNT_CHECKSUM_MASK = 2n ** BigInt(COUNT_BITS) - 1n;

const CHECKSUM_END = 2 ** COUNT_BITS;
const SALT_LIKES = 0x9e3779b9;
const SALT_UNLIKES = 0x7f4a7c15;

/**
 * The checksum of a post's row: likes * a + unlikes * b modulo 2^53, with odd factors a and b below
 * 2^33 that follow from the post. It is additive, so that an upsert can add to it without reading:
 * `checksum = (checksum + excluded.checksum) & COUNT_CHECKSUM_MASK`.
 * A wrong `likes`, `unlikes` or checksum is always found where the others are right: odd factors
 * have an inverse, so that d * a is 0 modulo 2^53 for no difference d below 2^53. A row under the
 * name of another post is found but for a chance of about 1 in 2^32, a name that differs in up to
 * four bytes in a row always, where a row has likes or unlikes only.
 */
export function countChecksum(post: string, likes: number, unlikes: number): number {
  const name = crc32(post);
  const likesFactor = 2 * mixed(name ^ SALT_LIKES) + 1;
  const unlikesFactor = 2 * mixed(name ^ SALT_UNLIKES) + 1;
  const sum = likes * likesFactor + unlikes * unlikesFactor;
  // So it is in the counting path, where a batch brings a post less than 2^20 likes.
  if (likes >= 0 && unlikes >= 0 && Number.isSafeInteger(sum)) return sum;
  const exact = BigInt(likes) * BigInt(likesFactor) + BigInt(unlikes) * BigInt(unlikesFactor);
  return Number(BigInt.asUintN(COUNT_BITS, exact));
}

/** The same sum as that of the mask, exact in numbers that hold no more than 53 bits. */
export function sumOfChecksums(one: number, other: number): number {
  return one >= CHECKSUM_END - other ? one - (CHECKSUM_END - other) : one + other;
}

/**
 * The checksum of a block of marks: CRC-32 of the source, the block's number and the bits, from 0
 * to 2^32 - 1. Whatever changes within 32 bits in a row is always found, anything else but for a
 * chance of 1 in 2^32.
 */
export function marksChecksum(source: string, block: number, bits: Uint8Array): number {
  return crc32(bits, crc32(`${block}:${source}`));
}

/** MurmurHash3's 32-bit finaliser: one to one, and each bit of it hangs on all bits. */
function mixed(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
