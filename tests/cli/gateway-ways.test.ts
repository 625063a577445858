import { expect, test } from 'vitest';
import { queueWay } from '../../cli/gateway-ways.ts';
import type { GatewayOptions } from '../../gateway/open-gateway.ts';
import { openStore } from '../../store/open-store.ts';

test('a gateway before a queue is not ready any more once the queue is gone', async () => {
  await using store = await openStore({ engine: 'memory' });
  let isThere = true;
  const broker = {
    name: 'kafka',
    habits: { likesPerSend: 10, sendsInFlight: 1 },
    hasQueue: async () => isThere,
    openProducer: async () => undefined as unknown as GatewayOptions['producer'],
  } as unknown as Parameters<typeof queueWay>[0]['broker'];
  const { probes } = await queueWay({ broker, queue: 'likes', store });
  expect(probes.map(({ name }) => name)).toEqual(['kafka', 'store']);
  const check = () => Promise.all(probes.map((probe) => probe.check()));
  await expect(check()).resolves.toBeDefined();
  isThere = false;
  await expect(check()).rejects.toThrow('the queue is gone');
});
