import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BIN_US,
  Flow,
  FlowCounter,
  readFlow,
  writeFlow,
} from '../../../lab/write-path/flow-counter.ts';
import { recordsFolder } from '../trial-fixture.ts';

const stay = fc.record({
  fromUs: fc.integer({ min: 0, max: 20 * BIN_US }),
  stayUs: fc.integer({ min: -BIN_US, max: 5 * BIN_US }),
});

test('likes between two steps are those of each moment, averaged, over several processes', () => {
  fc.assert(
    fc.property(fc.array(stay, { maxLength: 40 }), fc.nat(10), fc.nat(10), (stays, start, more) => {
      const counters = [new FlowCounter({ nowUs: () => 0 }), new FlowCounter({ nowUs: () => 0 })];
      for (const [place, { fromUs, stayUs }] of stays.entries()) {
        counters[place % 2]!.count('sent', 1, fromUs);
        counters[1]!.count('acknowledged', 1, Math.max(0, fromUs + stayUs));
      }
      const flow = new Flow(counters.map((counter) => counter.file()));
      const [fromUs, toUs] = [start * BIN_US, (start + more + 1) * BIN_US];
      // Like by like: how much of its stay, below 0 where it left first, lies in the window.
      const within = (us: number) => Math.min(Math.max(us, fromUs), toUs);
      const stayed = stays.map(
        (one) => within(Math.max(0, one.fromUs + one.stayUs)) - within(one.fromUs),
      );
      const expected = stayed.reduce((sum, us) => sum + us, 0) / (toUs - fromUs);
      expect(flow.between('sent', 'acknowledged', fromUs, toUs)).toBeCloseTo(expected, 6);
      const inside = stays.filter((one) => one.fromUs >= fromUs && one.fromUs < toUs);
      expect(flow.likes('sent', fromUs, toUs)).toBe(inside.length);
      expect(flow.total('sent')).toBe(stays.length);
      expect(flow.total('visible')).toBe(0);
    }),
  );
});

test('a window begins and ends where the fewest likes are in between, on either side of 0', () => {
  const counter = new FlowCounter({ nowUs: () => 0 });
  counter.count('acknowledged', 3, 10);
  counter.count('delivered', 1, BIN_US + 10);
  counter.count('delivered', 2, 2 * BIN_US + 10);
  counter.count('delivered', 1, 3 * BIN_US + 10);
  const flow = new Flow([counter.file()]);
  const at = (earliest: number, latest: number) =>
    flow.emptiest('acknowledged', 'delivered', earliest * BIN_US, latest * BIN_US) / BIN_US;
  expect([at(1, 4), at(1, 2), at(4, 5), at(0, 4)]).toEqual([3, 2, 4, 0]);
});

test('a file comes back as it was, and one that is none is refused by its name', () => {
  using folder = recordsFolder();
  const path = folder.path('flow');
  const counter = new FlowCounter({ nowUs: () => 123_456 });
  counter.count('received');
  counter.count('received', 3);
  const exported = { delivered: 4, failed: 1, reason: 'no answer' };
  writeFlow(path, counter.file({ exported }));
  expect(readFlow(path)).toEqual(counter.file({ exported }));
  expect(new Flow([readFlow(path)]).total('received')).toBe(4);
  writeFileSync(path, '{"binUs":1}');
  expect(() => readFlow(path)).toThrow(path);
});
