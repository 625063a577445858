import { expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { testBroker } from '../broker-contract.ts';

async function sendRaw(address: string, queue: string, texts: readonly string[]): Promise<void> {
  const body = texts.join('\n');
  const response = await fetch(`http://${address}/queues/${queue}/likes`, { method: 'POST', body });
  expect(response.status).toBe(204);
}

testBroker('null', {
  sendRaw,
  takeoverMs: 30_000,
  readerRecoveryMs: 0,
  sendLimitMs: 2_000,
  connectLimitMs: 2_000,
  consumerNoticesDeletion: true,
  decisiveSettings: { memory: { acknowledgeTimeoutMs: '30000' } },
});

test('null claims no tier but memory, since it keeps nothing on a disk', () => {
  expect(BROKERS.null!.tiers).toEqual(['memory']);
});
