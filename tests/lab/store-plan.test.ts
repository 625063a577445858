import { describe, expect, test } from 'vitest';
import { describeStore, isUsualStore, STORE_DEFAULT } from '../../lab/store-plan.ts';

describe('the store of a trial', () => {
  test('is not named where it is the usual one, told or not', () => {
    expect(describeStore(undefined)).toBeUndefined();
    expect(describeStore(STORE_DEFAULT)).toBeUndefined();
  });

  test('is named by its engine, and by its rule where that is another than tally', () => {
    expect(describeStore({ engine: 'postgres', rule: 'tally' })).toBe('postgres');
    const byStates = { engine: 'sqlite', rule: 'states' } as const;
    expect(describeStore(byStates)).toBe('sqlite, states');
    expect([{}, { store: byStates }].map((plan) => isUsualStore({ plan }))).toEqual([true, false]);
  });
});
