import { expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { testBroker } from '../broker-contract.ts';

testBroker('null', {
  takeoverMs: 30_000,
  readerRecoveryMs: 0,
  sendLimitMs: 2_000,
  connectLimitMs: 2_000,
  consumerNoticesDeletion: true,
  cannotCarry: ['two\nlines'],
  decisiveSettings: { memory: { acknowledgeTimeoutMs: '30000' } },
});

test('null claims no tier but memory, since it keeps nothing on a disk', () => {
  expect(BROKERS.null!.tiers).toEqual(['memory']);
});
