import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArrivalCurve } from '../../../cli/watch/arrival-curve.ts';

const LOOK_MS = 100;

describe('the age of the oldest like that waits', () => {
  test('is that of a first-in-first-out queue, to one look', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            // Likes that come between two looks, evenly; and those that may go.
            come: fc.nat({ max: 50 }),
            taken: fc.nat({ max: 50 }),
          }),
          { minLength: 1, maxLength: 60 },
        ),
        (spans) => {
          const curve = new ArrivalCurve();
          curve.look(0, 0, 0);
          const cameMs: number[] = [];
          let gone = 0;
          for (const [place, { come, taken }] of spans.entries()) {
            const fromMs = place * LOOK_MS;
            for (let like = 0; like < come; like++) {
              cameMs.push(fromMs + ((like + 1) * LOOK_MS) / come);
            }
            gone = Math.min(cameMs.length, gone + taken);
            const nowMs = fromMs + LOOK_MS;
            const ageMs = curve.look(nowMs, gone, cameMs.length - gone);
            const oldest = cameMs[gone];
            const trueMs = oldest === undefined ? 0 : nowMs - oldest;
            expect(Math.abs(ageMs - trueMs)).toBeLessThanOrEqual(LOOK_MS);
          }
        },
      ),
    ));

  test('between two looks follows what came: 20 likes left of 2,000 a second are 10 ms', () => {
    const curve = new ArrivalCurve();
    curve.look(0, 0, 0);
    curve.look(1_000, 2_000, 0);
    expect(curve.look(2_000, 3_980, 20)).toBeCloseTo(10);
  });

  test('grows for as long as nobody counts, from the first look on', () => {
    const curve = new ArrivalCurve();
    expect(curve.look(0, 0, 7)).toBe(0);
    expect(curve.look(10_000, 0, 9)).toBe(10_000);
    expect(curve.look(3_600_000, 0, 9)).toBe(3_600_000);
    expect(curve.look(3_601_000, 9, 0)).toBe(0);
  });

  test('does not break when likes vanish or come back', () => {
    const curve = new ArrivalCurve();
    curve.look(0, 0, 0);
    curve.look(1_000, 0, 100);
    expect(curve.look(2_000, 0, 40)).toBe(2_000);
    expect(curve.look(3_000, 40, 0)).toBe(0);
    expect(curve.look(4_000, 20, 20)).toBeLessThanOrEqual(4_000);
  });

  test('is told less finely, and not wrongly, by a curve of ten thousand looks', () => {
    const curve = new ArrivalCurve();
    curve.look(0, 0, 0);
    let ageMs = 0;
    for (let second = 1; second <= 10_000; second++) {
      ageMs = curve.look(second * 1_000, 0, second);
    }
    expect(ageMs).toBeCloseTo(10_000_000, -4);
    expect(curve.look(10_001_000, 5_000, 5_001)).toBeCloseTo(5_001_000, -4);
  });
});
