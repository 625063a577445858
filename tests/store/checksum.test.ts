import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  COUNT_CHECKSUM_MASK,
  countChecksum,
  marksChecksum,
  sumOfChecksums,
} from '../../store/checksum.ts';
import { BLOCK_BYTES } from '../../store/marks.ts';

/** Never edit these: stores on disk were filled by them. */
const COUNT_VECTORS: [post: string, likes: number, unlikes: number, checksum: number][] = [
  ['post-0', 1, 0, 2974831127],
  ['post-0', 0, 1, 764976259],
  ['dQw4w9WgXcQ', 55043065, 439, 8776883022801274],
  ['日本語', 1000000, 7, 7779489525151575],
  ['', 3, 4, 24943851955],
  ['a', 9007199254740991, 9007199254740991, 9007193397685006],
  ['a', -1, 0, 9007198774000763],
  ['x', 0, 0, 0],
];
const MARK_VECTORS: [source: string, block: number, fill: number, checksum: number][] = [
  ['a', 0, 0, 3498939514],
  ['a', 0, 255, 3747357341],
  ['a', 1, 0, 974426102],
  ['gateway0', 2199023255551, 1, 2093640620],
  ['é', 7, 170, 380031264],
];

const name = fc.string({ unit: 'grapheme', minLength: 1 });
const count = fc.oneof(fc.nat(1_000), fc.maxSafeNat());
const row = fc.record({ post: name, likes: count, unlikes: count });
const bits = fc.uint8Array({ minLength: BLOCK_BYTES, maxLength: BLOCK_BYTES });

describe('countChecksum', () => {
  test.each(COUNT_VECTORS)(
    'of %j with %i and %i is %i for ever',
    (post, likes, unlikes, wanted) => {
      expect(countChecksum(post, likes, unlikes)).toBe(wanted);
    },
  );

  test('of a sum is the masked sum of the checksums, as SQL adds them up', () => {
    fc.assert(
      fc.property(name, fc.array(fc.tuple(fc.nat(2 ** 45), fc.nat(2 ** 45))), (post, parts) => {
        let added = 0n;
        const sum = { likes: 0, unlikes: 0 };
        for (const [likes, unlikes] of parts) {
          const more = countChecksum(post, likes, unlikes);
          const sumBefore = Number(added);
          added = (added + BigInt(more)) & COUNT_CHECKSUM_MASK;
          expect(sumOfChecksums(sumBefore, more)).toBe(Number(added));
          sum.likes += likes;
          sum.unlikes += unlikes;
        }
        expect(countChecksum(post, sum.likes, sum.unlikes)).toBe(Number(added));
      }),
    );
  });

  test('is a whole number that JavaScript keeps exactly, and the same on both ways to it', () => {
    fc.assert(
      fc.property(row, ({ post, likes, unlikes }) => {
        const checksum = countChecksum(post, likes, unlikes);
        expect(Number.isSafeInteger(checksum) && checksum >= 0).toBe(true);
        // Below 0 everything is counted in exact whole numbers.
        const opposite = countChecksum(post, -likes, -unlikes);
        expect((BigInt(checksum) + BigInt(opposite)) & COUNT_CHECKSUM_MASK).toBe(0n);
      }),
    );
  });

  test('differs whenever likes or unlikes alone differ, by whatever', () => {
    const bit = fc.nat(52);
    fc.assert(
      fc.property(
        row,
        fc.oneof(
          count,
          bit.map((place) => 2 ** place),
        ),
        (found, other) => {
          const { post, likes, unlikes } = found;
          const checksum = countChecksum(post, likes, unlikes);
          if (other !== likes) expect(countChecksum(post, other, unlikes)).not.toBe(checksum);
          if (other !== unlikes) expect(countChecksum(post, likes, other)).not.toBe(checksum);
          expect(countChecksum(post, likes, unlikes - 1)).not.toBe(checksum);
          expect(countChecksum(post, -1 - likes, unlikes)).not.toBe(checksum);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('differs when a post’s row stands under another name, or its columns change places', () => {
    fc.assert(
      fc.property(row, name, ({ post, likes, unlikes }, other) => {
        fc.pre(likes + unlikes > 0 && other !== post);
        const checksum = countChecksum(post, likes, unlikes);
        expect(countChecksum(other, likes, unlikes)).not.toBe(checksum);
        if (likes !== unlikes) expect(countChecksum(post, unlikes, likes)).not.toBe(checksum);
      }),
    );
  });
});

describe('marksChecksum', () => {
  test.each(MARK_VECTORS)('of %j, block %i, filled with %i is %i for ever', (...vector) => {
    const [source, block, fill, wanted] = vector;
    expect(marksChecksum(source, block, new Uint8Array(BLOCK_BYTES).fill(fill))).toBe(wanted);
  });

  test('differs for every single bit that is not as it was', () => {
    const before = Uint8Array.from({ length: BLOCK_BYTES }, (_, place) => place * 37);
    const checksum = marksChecksum('a', 3, before);
    for (let bit = 0; bit < BLOCK_BYTES * 8; bit++) {
      const after = before.slice();
      after[bit >> 3]! ^= 1 << (bit & 7);
      expect(marksChecksum('a', 3, after)).not.toBe(checksum);
    }
  });

  test('differs for other bits, another block and another source', () => {
    fc.assert(
      fc.property(name, fc.maxSafeNat(), bits, name, bits, (source, block, held, other, more) => {
        const checksum = marksChecksum(source, block, held);
        expect(marksChecksum(source, block + 1, held)).not.toBe(checksum);
        if (other !== source) expect(marksChecksum(other, block, held)).not.toBe(checksum);
        if (!Buffer.from(held).equals(Buffer.from(more))) {
          expect(marksChecksum(source, block, more)).not.toBe(checksum);
        }
      }),
    );
  });
});
