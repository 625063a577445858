import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCeiling, sizeOf } from '../../experiments/sizes.ts';
import { CEILING, orderOf } from './step-order.ts';

const SIZE = { seconds: 3, likesMost: 100_000 };

describe('the size of a trial', () => {
  test('is what passes in its time, roughly, within its limits', () => {
    expect(sizeOf(orderOf(), SIZE)).toBe(30_000);
    expect(sizeOf(orderOf({ likesPerSRough: 1_000_000 }), SIZE)).toBe(100_000);
    expect(sizeOf(orderOf({ likesPerSRough: 10 }), SIZE)).toBe(500);
  });

  test("is the user's own number whatever the limits say", () => {
    expect(sizeOf(orderOf({ likes: 7 }), SIZE)).toBe(7);
    expect(sizeOf(orderOf({ likes: 10_000_000 }), SIZE)).toBe(10_000_000);
    expect(sizeOf(orderOf({ likes: 'all' }), SIZE)).toBe('all');
  });

  test('is a whole number for every broker, and larger for a faster one', () => {
    const rough = fc.double({ min: 0.1, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(rough, rough, (one, other) => {
        const [slow, fast] = [Math.min(one, other), Math.max(one, other)].map((likesPerSRough) =>
          sizeOf(orderOf({ likesPerSRough }), SIZE),
        ) as [number, number];
        expect(Number.isInteger(slow)).toBe(true);
        expect(slow).toBeLessThanOrEqual(fast);
      }),
    );
  });
});

test('the ceiling is the null broker and no other', () => {
  expect(isCeiling(orderOf(CEILING))).toBe(true);
  expect(isCeiling(orderOf())).toBe(false);
});
