import { describe, expect, test } from 'vitest';
import { storeSteps } from '../../../lab/faults/store-steps.ts';
import { STORE_STEPS } from '../../../lab/worker-messages.ts';

/** What the records say against a death at a step whose batch came again so often. */
function doubtsOf(step: string, timesAgain: number): string[] {
  return storeSteps.doubtsAfterwards!({ step, source: 'gateway-1', seq: 3 }, timesAgain);
}

describe('a death at a step', () => {
  test.each(STORE_STEPS)('is proved by whether its batch came again: %s', (step) => {
    const isAcknowledged = step === 'after-acknowledgement';
    expect(doubtsOf(step, 0)).toHaveLength(isAcknowledged ? 0 : 1);
    for (const times of [1, 2]) {
      expect(doubtsOf(step, times)).toHaveLength(isAcknowledged ? 1 : 0);
    }
  });

  test('is not doubted for the records where nobody says which batch it was', () => {
    // That nobody does is a doubt of the strike itself.
    expect(storeSteps.doubtsAfterwards!({ step: 'after-commit' }, 0)).toEqual([]);
  });
});

test('every step has its turn in a trial', () => {
  expect(storeSteps.strikesLeast).toBe(STORE_STEPS.length);
});
