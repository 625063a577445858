import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OrderCheck } from '../../lab/order-check.ts';

type Delivery = readonly [source: number, post: number, seq: number];

function checked(deliveries: readonly Delivery[]) {
  const order = new OrderCheck();
  for (const [source, post, seq] of deliveries) order.firstDelivery(source, post, seq);
  return { inversions: order.inversions, inversionSeqsMax: order.inversionSeqsMax };
}

describe('the order check', () => {
  test('finds nothing in an order that has gaps', () => {
    expect(
      checked([
        [0, 0, 0],
        [0, 0, 7],
        [0, 0, 100],
      ]),
    ).toEqual({ inversions: 0, inversionSeqsMax: 0 });
  });

  test('counts every like behind the latest one, and the largest distance', () => {
    expect(
      checked([
        [0, 0, 5],
        [0, 0, 2],
        [0, 0, 4],
        [0, 0, 6],
      ]),
    ).toEqual({ inversions: 2, inversionSeqsMax: 3 });
  });

  test('does not compare posts or sources with each other', () => {
    expect(
      checked([
        [0, 0, 5],
        [0, 1, 2],
        [1, 0, 2],
        [0, 5_000, 1],
        [0, 0, 9],
      ]),
    ).toEqual({ inversions: 0, inversionSeqsMax: 0 });
  });

  test('says what comparing all pairs says', () => {
    const some = fc.tuple(fc.nat(1), fc.constantFrom(0, 1, 3_000), fc.nat(30));
    fc.assert(
      fc.property(fc.uniqueArray(some, { selector: String, maxLength: 40 }), (deliveries) => {
        const behind = deliveries.map(([source, post, seq], place) =>
          Math.max(
            0,
            ...deliveries
              .slice(0, place)
              .filter(([otherSource, otherPost]) => otherSource === source && otherPost === post)
              .map(([, , other]) => other - seq),
          ),
        );
        expect(checked(deliveries)).toEqual({
          inversions: behind.filter((distance) => distance > 0).length,
          inversionSeqsMax: Math.max(0, ...behind),
        });
      }),
    );
  });
});
