import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK_SEQS, blockOf, countMarks, emptyBlock, isMarked, mark } from '../../store/marks.ts';

describe('marks', () => {
  test('a block of 4,096 seqs is 512 bytes', () => {
    expect(emptyBlock()).toHaveLength(512);
    expect([0, 4_095, 4_096, 2 ** 40, 2 ** 53 - 1].map(blockOf)).toEqual([
      0,
      0,
      1,
      2 ** 28,
      2 ** 41 - 1,
    ]);
  });

  test('bit i of a block stands for its i-th seq, the lowest bit of a byte first', () => {
    const bits = emptyBlock();
    mark(bits, 4_096 + 9);
    expect(bits[1]).toBe(0b10);
  });

  test('behave like a set of seqs', () => {
    const seqs = fc.array(fc.oneof(fc.nat(60), fc.nat(BLOCK_SEQS - 1)), { maxLength: 200 });
    const blocks = fc.constantFrom(0, 1, 2 ** 20, 2 ** 41 - 1);
    fc.assert(
      fc.property(blocks, seqs, (block, offsets) => {
        const bits = emptyBlock();
        const set = new Set<number>();
        for (const offset of offsets) {
          const seq = block * BLOCK_SEQS + offset;
          expect(isMarked(bits, seq)).toBe(set.has(offset));
          expect(mark(bits, seq)).toBe(!set.has(offset));
          set.add(offset);
          expect(isMarked(bits, seq)).toBe(true);
        }
        expect(countMarks(bits)).toBe(set.size);
      }),
    );
  });

  test('a full block counts 4,096', () => {
    expect(countMarks(emptyBlock().fill(255))).toBe(4_096);
  });
});
