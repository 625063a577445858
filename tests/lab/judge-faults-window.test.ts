import { expect, test } from 'vitest';
import type { CheckOutput } from '../../lab/checker.ts';
import type { StrikeFacts } from '../../lab/fault-trial.ts';
import { isWindowTooLong, lossWindowMs } from '../../lab/judge-faults.ts';

const S = 1_000_000;

/** The window of a strike that began at 10 s, with one like lost that was acknowledged then. */
function windowOf(struckUs: number | undefined, okUs: number): number {
  const proof = { facts: {}, doubts: [], ...(struckUs !== undefined && { struckUs }) };
  const strike: StrikeFacts = {
    ...{ beganUs: 10 * S, recoversFromUs: 14 * S, overUs: 15 * S, restoredUs: 15 * S },
    ...{ queueLost: false, proof },
  };
  const lostBefore = [{ count: 1, okUsFirst: okUs, okUsLast: okUs }];
  return lossWindowMs([strike], { lostBefore } as unknown as CheckOutput);
}

test('a loss is measured back from the blow, where a fault waits for its moment', () => {
  expect(windowOf(13 * S, 12.9 * S)).toBe(100);
  expect(windowOf(13 * S, 13.1 * S)).toBe(0);
  // From the begin of the strike it would be none, and a broken promise of `everysec` kept.
  expect(windowOf(13 * S, 10.5 * S)).toBe(2_500);
  expect(isWindowTooLong(windowOf(13 * S, 10.5 * S))).toBe(true);
});

test('and from the begin of the strike where the fault tells no other moment', () => {
  expect(windowOf(undefined, 9.4 * S)).toBe(600);
});
