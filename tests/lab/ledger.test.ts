import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../lab/ledger.ts';
import { cleanLedger } from './made-result.ts';

describe('judge', () => {
  test('passes a clean ledger without a reason', () => {
    expect(judge(cleanLedger(), true, [])).toEqual({ verdict: 'pass', reasons: [] });
  });

  test.each([
    ['lost', /^3 lost/],
    ['stuck', /^3 stuck/],
    ['doubleEffects', /^3 double effects/],
    ['phantom', /^3 phantom/],
    ['revived', /^3 revived/],
    ['wronglyParked', /^3 wrongly parked/],
    ['miscountedPosts', /^3 miscounted posts/],
    ['unexpectedPosts', /^3 posts with another count than the file/],
    ['inversions', /^3 inversions/],
  ])('fails for %s and says so with its number', (finding, reason) => {
    const { verdict, reasons } = judge(cleanLedger({ [finding]: 3 }), true, []);
    expect(verdict).toBe('fail');
    expect(reasons).toEqual([expect.stringMatching(reason)]);
  });

  test.each(['redelivered', 'sentAgain', 'recovered', 'unknown', 'fail', 'parked'])(
    'passes with %s, which the promise allows',
    (finding) => {
      expect(judge(cleanLedger({ [finding]: 3 }), true, []).verdict).toBe('pass');
    },
  );

  test('allows inversions where no order was promised', () => {
    const ledger = cleanLedger({ inversions: 3, inversionSeqsMax: 9 });
    expect(judge(ledger, false, [])).toEqual({ verdict: 'pass', reasons: [] });
  });

  test('calls zero acknowledged likes unknown, never a pass', () => {
    const { verdict, reasons } = judge(cleanLedger({ ok: 0, attempted: 0, counted: 0 }), true, []);
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: ['no like was acknowledged'],
    });
  });

  test('calls a residual unknown, since then the ledger itself is wrong', () => {
    const { verdict, reasons } = judge(cleanLedger({ residual: 2 }), true, []);
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: ['the ledger has a residual of 2'],
    });
  });

  test('keeps a trial with an obstacle from passing', () => {
    const { verdict, reasons } = judge(cleanLedger(), true, ['the dog ate the log']);
    expect({ verdict, reasons }).toEqual({ verdict: 'unknown', reasons: ['the dog ate the log'] });
  });

  test('fails rather than doubts: a broken promise outweighs every obstacle', () => {
    const { verdict, reasons } = judge(cleanLedger({ lost: 1, ok: 0, residual: 4 }), true, ['why']);
    expect(verdict).toBe('fail');
    expect(reasons).toEqual(['1 lost: acknowledged, never counted', 'why']);
  });

  test('gives a reason exactly when it does not pass, whatever the ledger holds', () => {
    const some = fc.record({
      ok: fc.nat(2),
      lost: fc.nat(1),
      stuck: fc.nat(1),
      phantom: fc.nat(1),
      inversions: fc.nat(1),
      residual: fc.nat(1),
      unexpectedPosts: fc.option(fc.nat(1), { nil: undefined }),
    });
    fc.assert(
      fc.property(some, fc.boolean(), fc.array(fc.constant('why')), (found, order, obstacles) => {
        const { verdict, reasons } = judge(cleanLedger(found), order, obstacles);
        expect(reasons.length === 0).toBe(verdict === 'pass');
      }),
    );
  });
});
