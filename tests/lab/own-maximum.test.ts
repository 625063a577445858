import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../lab/experiment.ts';
import { maximumOf, probeFor, whyTooMuch } from '../../lab/own-maximum.ts';
import type { Job } from '../../lab/schedule.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madeExperiment, madePlan, madeRates, madeResult } from './made-result.ts';

const KAFKA = { broker: 'kafka', tier: 'kill', likesPerSRough: 1_000 } as const;

function jobOf(step: Partial<Step> = {}, contender: Partial<typeof KAFKA> = {}): Job {
  const whole: Step = { mode: 'paced', likes: 0, ...step };
  return { ...KAFKA, ...contender, experiment: madeExperiment, step: whole };
}

const HALF: Partial<Step> = { rate: { shareOfMaximum: 0.5 } };

function sustained(sustainedLikesPerS: number, changed: Partial<TrialResult> = {}): TrialResult {
  return madeResult({ rates: madeRates({ sustainedLikesPerS }), ...changed });
}

function inTurn(published: number, counted: number): TrialResult {
  const rates = { publishedLikesPerS: published, countedLikesPerS: counted };
  return madeResult({ plan: madePlan('publish-then-count'), rates: madeRates(rates) });
}

const INVALID = { numbersValid: false, numbersStruck: ['why'] };

test('a trial that is about sharding has no maximum but its own', () => {
  const sharding = { routing: { name: 'ids' }, transactionsPerSMax: 100 };
  const job = jobOf({ rate: { likesPerS: 9_000 }, sharding });
  expect(probeFor(job, [])).toBeUndefined();
  expect(whyTooMuch(job, [sustained(5_000)])).toBeUndefined();
  expect(whyTooMuch(jobOf({ rate: { likesPerS: 9_000 } }), [sustained(5_000)])).toBeDefined();
});

describe('the maximum', () => {
  test('is what was sustained, the median of several', () => {
    expect(maximumOf(KAFKA, [sustained(700)])).toBe(700);
    expect(maximumOf(KAFKA, [sustained(900), sustained(100), sustained(300)])).toBe(300);
  });

  test('is reckoned where nothing was sustained: both ways one after the other', () => {
    // 1/600 s to publish a like and 1/300 s to count it make 1/200 s.
    expect(maximumOf(KAFKA, [inTurn(600, 300)])).toBeCloseTo(200, 9);
  });

  test('is never reckoned where something was sustained', () => {
    expect(maximumOf(KAFKA, [inTurn(600, 300), sustained(150)])).toBe(150);
  });

  test('takes no number that was struck out, not even instead of one that is reckoned', () => {
    expect(maximumOf(KAFKA, [sustained(9_999, INVALID), sustained(150)])).toBe(150);
    expect(maximumOf(KAFKA, [sustained(9_999, INVALID), inTurn(600, 300)])).toBeCloseTo(200, 9);
  });

  test('is that of a trial with struck numbers where there is no other, and it passed', () => {
    expect(maximumOf(KAFKA, [sustained(150, INVALID)])).toBe(150);
    const failed = sustained(150, { ...INVALID, verdict: 'fail' });
    expect(() => maximumOf(KAFKA, [failed])).toThrow('no valid maximum');
  });

  test('is of the same broker at the same tier, and of closed loops only', () => {
    const others = [
      sustained(1, { broker: 'sqs' }),
      sustained(2, { tier: 'power' }),
      sustained(3, { plan: madePlan('paced') }),
      sustained(4, { plan: madePlan('crash') }),
    ];
    expect(maximumOf(KAFKA, [...others, sustained(700)])).toBe(700);
    expect(() => maximumOf(KAFKA, others)).toThrow(
      expect.objectContaining({
        code: 'STALLED',
        message: expect.stringMatching(/^kafka has no valid maximum.*; see the reasons of/),
      }),
    );
  });

  test('is below each rate that it is reckoned from, and half of two that are equal', () => {
    const rate = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(rate, rate, (published, counted) => {
        const most = maximumOf(KAFKA, [inTurn(published, counted)]);
        expect(most).toBeLessThan(Math.min(published, counted));
        expect(most).toBeGreaterThanOrEqual(Math.min(published, counted) / 2);
        expect(most).toBeCloseTo(maximumOf(KAFKA, [inTurn(counted, published)]), 6);
      }),
    );
  });
});

describe('a probe', () => {
  test('goes before a step at a rate where no closed loop was run, and publishes first', () => {
    for (const rate of [{ shareOfMaximum: 0.5 }, { likesPerS: 200 }]) {
      const probe = probeFor(jobOf({ rate }), []);
      expect(probe).toEqual(jobOf({ mode: 'publish-then-count', likes: 3_000 }));
    }
  });

  test('has at most 100,000 likes, however fast the broker may be', () => {
    const fast = { ...jobOf(HALF), likesPerSRough: 100_000 };
    expect(probeFor(fast, [])!.step.likes).toBe(100_000);
  });

  test('is left out where a closed loop was run, whatever came of it: it would fail again', () => {
    expect(probeFor(jobOf(HALF), [sustained(700)])).toBeUndefined();
    expect(probeFor(jobOf(HALF), [inTurn(600, 300)])).toBeUndefined();
    expect(probeFor(jobOf(HALF), [sustained(700, INVALID)])).toBeUndefined();
    expect(probeFor(jobOf(HALF), [sustained(700, { broker: 'sqs' })])).toBeDefined();
    expect(probeFor(jobOf(HALF), [sustained(700, { plan: madePlan('paced') })])).toBeDefined();
  });

  test('is never needed by a closed loop, itself included, so that probing comes to an end', () => {
    expect(probeFor(jobOf({ mode: 'sustained', likes: 10 }), [])).toBeUndefined();
    expect(probeFor(probeFor(jobOf(HALF), [])!, [])).toBeUndefined();
  });
});

describe('a rate is too much', () => {
  const at = (likesPerS: number) => jobOf({ rate: { likesPerS } });

  test('above 80 % of the maximum, and the reason names both', () => {
    expect(whyTooMuch(at(800), [sustained(1_000)])).toBeUndefined();
    expect(whyTooMuch(at(801), [sustained(1_000)])).toBe(
      '801 likes/s are more than 80 % of its own maximum of 1,000',
    );
  });

  test('never for who looks for the border, and has to go beyond it', () => {
    const capacity = { objectiveMs: 250, probe: { step: 1, reason: 'made' } };
    const job = jobOf({ rate: { likesPerS: 9_999 }, capacity });
    expect(whyTooMuch(job, [sustained(1_000)])).toBeUndefined();
  });

  test('only when the maximum is known, and never as a share of it or in a closed loop', () => {
    expect(whyTooMuch(at(1e9), [])).toBeUndefined();
    expect(whyTooMuch(at(1e9), [sustained(10, INVALID)])).toBeUndefined();
    expect(whyTooMuch(at(1e9), [sustained(10, { broker: 'sqs' })])).toBeUndefined();
    expect(whyTooMuch(jobOf({ rate: { shareOfMaximum: 0.9 } }), [sustained(10)])).toBeUndefined();
    expect(whyTooMuch(jobOf({ mode: 'sustained' }), [sustained(10)])).toBeUndefined();
  });
});
