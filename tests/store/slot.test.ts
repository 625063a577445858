import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SLOT_COUNT, slotOf } from '../../store/slot.ts';

/** Never edit these: stores on disk were filled by them. */
const VECTORS: [string, number][] = [
  ['', 3083],
  ['a', 435],
  ['b', 562],
  ['post-0', 3669],
  ['dQw4w9WgXcQ', 2096],
  ['2kyS6SvSYSE', 2539],
  ['a\0b', 2861],
  ['é', 1735],
  ['日本語', 146],
  ['👍', 2264],
  ['\ufffd', 1594],
];

/** The same formula in exact whole numbers, byte by byte. */
function slowSlotOf(post: string): number {
  const low32 = (value: bigint) => value & 0xffffffffn;
  let hash = 0x811c9dc5n;
  for (const byte of Buffer.from(post, 'utf8')) hash = low32((hash ^ BigInt(byte)) * 0x01000193n);
  hash = low32((hash ^ (hash >> 16n)) * 0x85ebca6bn);
  hash = low32((hash ^ (hash >> 13n)) * 0xc2b2ae35n);
  return Number((hash ^ (hash >> 16n)) % BigInt(SLOT_COUNT));
}

/** Pearson's chi-squared over its degrees of freedom: about 1 for an even spread. */
function unevenness(slots: readonly number[], buckets: number): number {
  const expected = slots.length / buckets;
  const found = new Array<number>(buckets).fill(0);
  for (const slot of slots) found[slot]!++;
  const sum = found.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
  return sum / (buckets - 1);
}

describe('slotOf', () => {
  test.each(VECTORS)('the slot of %j is %i for ever', (post, slot) => {
    expect(slotOf(post)).toBe(slot);
  });

  test('agrees with the formula in exact whole numbers for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (post) => slotOf(post) === slowSlotOf(post)),
    );
    fc.assert(fc.property(fc.string(), (post) => slotOf(post) === slowSlotOf(post)));
  });

  test.each([
    ['numbered', (index: number) => `post-${index}`],
    ['padded', (index: number) => `v${index.toString(36).padStart(10, '_')}`],
    [
      'different in the last character only',
      (index: number) => String.fromCodePoint(0x20000 + index),
    ],
  ])('spreads posts that are %s evenly over slots and shards', (_, postOf) => {
    const slots = Array.from({ length: 20 * SLOT_COUNT }, (_, index) => slotOf(postOf(index)));
    // Five standard deviations of chi-squared over n degrees of freedom are 5 * sqrt(2 / n).
    expect(unevenness(slots, SLOT_COUNT)).toBeLessThan(1 + 5 * Math.sqrt(2 / (SLOT_COUNT - 1)));
    const shards = slots.map((slot) => Math.floor((slot * 4) / SLOT_COUNT));
    expect(unevenness(shards, 4)).toBeLessThan(1 + 5 * Math.sqrt(2 / 3));
  });
});
