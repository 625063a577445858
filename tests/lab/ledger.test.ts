import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../lab/ledger.ts';
import { cleanLedger } from './made-result.ts';

const ALL = { order: true, survival: true };

describe('judge', () => {
  test('passes a clean ledger without a reason', () => {
    expect(judge(cleanLedger(), ALL, [])).toEqual({ verdict: 'pass', reasons: [] });
  });

  test.each([
    ['lost', /^3 lost/],
    ['stuck', /^3 stuck/],
    ['doubleEffects', /^3 double effects/],
    ['phantom', /^3 phantom/],
    ['revived', /^3 revived/],
    ['wronglyParked', /^3 wrongly parked/],
    ['miscountedPosts', /^3 miscounted posts/],
    ['misplacedPosts', /^3 misplaced posts/],
    ['unexpectedPosts', /^3 posts with another count than the file/],
    ['inversions', /^3 inversions/],
    ['splitPosts', /^3 split posts/],
    ['offsetConflicts', /^3 offset conflicts/],
    ['offsetGaps', /^3 offset gaps/],
  ])('fails for %s and says so with its number', (finding, reason) => {
    const { verdict, reasons } = judge(cleanLedger({ [finding]: 3 }), ALL, []);
    expect(verdict).toBe('fail');
    expect(reasons).toEqual([expect.stringMatching(reason)]);
  });

  test.each(['redelivered', 'sentAgain', 'recovered', 'unknown', 'fail', 'parked', 'storedAgain'])(
    'passes with %s, which the promise allows',
    (finding) => {
      expect(judge(cleanLedger({ [finding]: 3 }), ALL, []).verdict).toBe('pass');
    },
  );

  test('doubts a queue that was called drained before all of it came', () => {
    const { verdict, reasons } = judge(cleanLedger({ late: 3 }), ALL, []);
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: ['3 late: first delivered after the server had called it all drained'],
    });
  });

  test('allows inversions where no order was promised', () => {
    const ledger = cleanLedger({ inversions: 3, inversionSeqsMax: 9, splitPosts: 2 });
    expect(judge(ledger, { order: false, survival: true }, [])).toEqual({
      verdict: 'pass',
      reasons: [],
    });
  });

  describe('where survival was not promised', () => {
    const none = { order: true, survival: false };

    test('takes lost likes for a finding, and their posts with them', () => {
      const ledger = cleanLedger({ lost: 3, unexpectedPosts: 2 });
      expect(judge(ledger, none, [])).toEqual({ verdict: 'pass', reasons: [] });
    });

    test('still compares with the file when nothing is lost', () => {
      const { verdict, reasons } = judge(cleanLedger({ unexpectedPosts: 2 }), none, []);
      expect(verdict).toBe('fail');
      expect(reasons).toEqual([expect.stringMatching(/^2 posts with another count/)]);
    });

    test.each(['stuck', 'doubleEffects', 'phantom', 'miscountedPosts', 'inversions'])(
      'excuses no %s',
      (finding) => {
        const ledger = cleanLedger({ lost: 3, [finding]: 1 });
        expect(judge(ledger, none, []).verdict).toBe('fail');
      },
    );

    test('still takes an obstacle for one', () => {
      expect(judge(cleanLedger({ lost: 3 }), none, ['why']).verdict).toBe('unknown');
    });
  });

  test('calls zero acknowledged likes unknown, never a pass', () => {
    const { verdict, reasons } = judge(cleanLedger({ ok: 0, attempted: 0, counted: 0 }), ALL, []);
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: ['no like was acknowledged'],
    });
  });

  test('calls a residual unknown, since then the ledger itself is wrong', () => {
    const { verdict, reasons } = judge(cleanLedger({ residual: 2 }), ALL, []);
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: ['the ledger has a residual of 2'],
    });
  });

  test('keeps a trial with an obstacle from passing', () => {
    const { verdict, reasons } = judge(cleanLedger(), ALL, ['the dog ate the log']);
    expect({ verdict, reasons }).toEqual({ verdict: 'unknown', reasons: ['the dog ate the log'] });
  });

  test('fails rather than doubts: a broken promise outweighs every obstacle', () => {
    const { verdict, reasons } = judge(cleanLedger({ lost: 1, ok: 0, residual: 4 }), ALL, ['why']);
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
        const { verdict, reasons } = judge(
          cleanLedger(found),
          { order, survival: true },
          obstacles,
        );
        expect(reasons.length === 0).toBe(verdict === 'pass');
      }),
    );
  });
});
