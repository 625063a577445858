import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spreadLabels } from '../../report/spread-labels.ts';

const APART = 14;
const [LEAST, MOST] = [20, 260];

test('labels that have room stay where they are', () => {
  expect(spreadLabels([200, 30, 100], APART, LEAST, MOST)).toEqual([200, 30, 100]);
});

test('labels at one place move apart, in their order', () => {
  expect(spreadLabels([100, 100, 101], APART, LEAST, MOST)).toEqual([100, 114, 128]);
  expect(spreadLabels([259, 260], APART, LEAST, MOST)).toEqual([246, 260]);
});

test('labels never touch, keep their order, and stay inside while there is room', () => {
  const wanted = fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 17 });
  fc.assert(
    fc.property(wanted, (places) => {
      const spread = spreadLabels(places, APART, LEAST, MOST);
      const order = places.map((_, at) => at).sort((a, b) => places[a]! - places[b]! || a - b);
      const down = order.map((at) => spread[at]!);
      for (const [at, place] of down.entries()) {
        expect(place).toBeGreaterThanOrEqual(LEAST - 1e-9);
        expect(place).toBeLessThanOrEqual(MOST + 1e-9);
        if (at > 0) expect(place - down[at - 1]!).toBeGreaterThanOrEqual(APART - 1e-9);
      }
    }),
  );
});
