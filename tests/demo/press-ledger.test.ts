import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OUTCOMES, PRESSES_MAX, PressLedger, userName, userOf } from '../../demo/press-ledger.ts';

/** What may become of one press: its answer, whether it is stored, and how often it came. */
const press = fc.record({
  outcome: fc.constantFrom(...OUTCOMES, undefined),
  isStored: fc.boolean(),
  deliveries: fc.integer({ min: 0, max: 3 }),
});

test('tells of every press what became of it, whatever the others did', () => {
  fc.assert(
    fc.property(fc.array(press, { maxLength: 50 }), fc.integer({ min: 0, max: 3 }), (all, more) => {
      const ledger = new PressLedger();
      expect(ledger.reserve(all.length)).toBe(0);
      for (const [user, { outcome, deliveries }] of all.entries()) {
        ledger.sent(user);
        if (outcome !== undefined) ledger.answered(user, outcome);
        for (let time = 0; time < deliveries; time++) ledger.delivered(user);
      }
      const of = (wanted: string | undefined) => all.filter(({ outcome }) => outcome === wanted);
      expect(ledger.sums).toEqual({
        attempted: all.length,
        accepted: of('accepted').length,
        refused: of('refused').length,
        unknown: of('unknown').length,
        delivered: all.reduce((sum, { deliveries }) => sum + deliveries, 0),
        cameAgain: all.reduce((sum, { deliveries }) => sum + Math.max(0, deliveries - 1), 0),
      });
      expect(ledger.open).toBe(of(undefined).length);
      const stored = [...all.keys()].filter((user) => all[user]!.isStored);
      const isStored = ({ isStored }: { isStored: boolean }) => isStored;
      expect(ledger.judge(stored, stored.length + more)).toEqual({
        lost: of('accepted').filter((one) => !isStored(one)).length,
        countedTwice: more,
        landedUnknown: of('unknown').filter(isStored).length,
        strangers: [...of('refused'), ...of(undefined)].filter(isStored).length,
      });
    }),
  );
});

test('finds a lost like although one that nobody was sure of makes the sums right', () => {
  const ledger = new PressLedger();
  ledger.reserve(2);
  ledger.answered(0, 'accepted');
  ledger.answered(1, 'unknown');
  expect(ledger.judge([1], 1)).toMatchObject({ lost: 1, landedUnknown: 1 });
});

test('takes what is stored for nobody as a stranger', () => {
  expect(new PressLedger().judge([Number.NaN, 7, 1_000_000], 3)).toMatchObject({ strangers: 3 });
});

test('keeps the first answer of a press, and the marks of earlier ones when it grows', () => {
  const ledger = new PressLedger();
  expect(ledger.reserve(10)).toBe(0);
  ledger.answered(9, 'accepted');
  ledger.answered(9, 'unknown');
  expect(ledger.reserve(100_000)).toBe(10);
  expect(ledger.sums).toMatchObject({ attempted: 1, accepted: 1, unknown: 0 });
  expect(ledger.judge([9], 1)).toMatchObject({ lost: 0, strangers: 0 });
});

test('has room for a named number of presses, and says when there is none', () => {
  const ledger = new PressLedger();
  expect(ledger.reserve(PRESSES_MAX)).toBe(0);
  expect(ledger.reserve(1)).toBeUndefined();
});

test('names a user and knows the name again, and no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: PRESSES_MAX }), (user) => {
      expect(userOf(userName(user))).toBe(user);
    }),
  );
  for (const name of ['u-', 'u-x', 'v-1', 'u-1 ', 'u--1']) expect(userOf(name)).toBeNaN();
});
