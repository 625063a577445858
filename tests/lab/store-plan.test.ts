import { describe, expect, test } from 'vitest';
import { describeStore, STORE_DEFAULT } from '../../lab/store-plan.ts';

describe('the store of a trial', () => {
  test('is not named where it is the usual one, told or not', () => {
    expect(describeStore(undefined)).toBeUndefined();
    expect(describeStore(STORE_DEFAULT)).toBeUndefined();
  });

  test('is named by its engine, and by its rule where that is another than tally', () => {
    expect(describeStore({ engine: 'postgres', rule: 'tally' })).toBe('postgres');
    expect(describeStore({ engine: 'sqlite', rule: 'states' })).toBe('sqlite, states');
  });
});
