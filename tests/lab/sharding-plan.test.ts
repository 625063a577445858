import { expect, test } from 'vitest';
import { describeLimit } from '../../lab/sharding-plan.ts';

test('a limit is named by its transactions and their likes', () => {
  const routing = { name: 'slots' };
  const limit = { routing, transactionsPerSMax: 100, likesPerTransactionMax: 50 };
  expect(describeLimit(limit)).toBe('100/s of 50 likes');
  expect(describeLimit({ routing, transactionsPerSMax: 100 })).toBe('100/s');
  expect(describeLimit({ routing })).toBeUndefined();
  expect(describeLimit(undefined)).toBeUndefined();
});
