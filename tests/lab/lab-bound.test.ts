import { describe, expect, test } from 'vitest';
import { markLabBound } from '../../lab/lab-bound.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { madePlan, madeRates, madeResult } from './made-result.ts';

function sustained(broker: string, sustainedLikesPerS: number): TrialResult {
  return madeResult({ broker, rates: madeRates({ sustainedLikesPerS }) });
}

function notesOf(results: readonly TrialResult[], broker: string): readonly string[] {
  return markLabBound(results).find((result) => result.broker === broker)!.notes;
}

describe('lab-bound', () => {
  test('is what reaches more than 70 % of the rate of null, and nothing below', () => {
    const results = [sustained('null', 1_000), sustained('kafka', 701), sustained('sqs', 700)];
    expect(notesOf(results, 'kafka')).toEqual(['lab-bound: sustained above 70 % of null']);
    expect(notesOf(results, 'sqs')).toEqual([]);
    expect(notesOf(results, 'null')).toEqual([]);
  });

  test('compares with trials of the same mode only, and with the best of null', () => {
    const counted = { publishedLikesPerS: 100, countedLikesPerS: 500 };
    const full = madeResult({
      broker: 'null',
      plan: madePlan('publish-then-count'),
      rates: madeRates(counted),
    });
    const other = madeResult({
      broker: 'sqs',
      plan: madePlan('publish-then-count'),
      rates: madeRates({ publishedLikesPerS: 60, countedLikesPerS: 400 }),
    });
    const results = [full, other, sustained('null', 200), sustained('null', 900)];
    expect(notesOf([...results, sustained('kafka', 500)], 'kafka')).toEqual([]);
    expect(notesOf(results, 'sqs')).toEqual(['lab-bound: counted above 70 % of null']);
  });

  test('is never said of paced trials, nor without a null broker to compare with', () => {
    const paced = madeResult({
      plan: madePlan('paced'),
      rates: madeRates({ sustainedLikesPerS: 999 }),
    });
    expect(notesOf([sustained('null', 1_000), paced], 'kafka')).toEqual([]);
    expect(notesOf([sustained('kafka', 1_000)], 'kafka')).toEqual([]);
  });

  test('leaves the results themselves as they were read', () => {
    const results = [sustained('null', 1_000), sustained('kafka', 900)];
    const before = structuredClone(results);
    markLabBound(results);
    expect(results).toEqual(before);
  });
});
