import { expect, test } from 'vitest';
import { networkReset } from '../../../lab/faults/network-reset.ts';
import { madeStage } from './made-stage.ts';
import { ProxiedPair, until } from './proxy-peers.ts';

test('a client that comes back is thrown off each time, and the system tells of it', async () => {
  await using pair = await ProxiedPair.open();
  const first = await pair.connected();
  const thrownOff = new Promise((resolve) => first.client.socket.once('close', resolve));
  const comingBack = thrownOff.then(() => pair.connected());
  const { facts, doubts } = await networkReset.strike(madeStage(pair.proxy));
  const second = await comingBack;
  for (const { client, server } of [first, second]) {
    await until('both sides are told', () => !!client.ending && !!server.ending);
    expect([client.ending, server.ending]).toEqual(['ECONNRESET', 'ECONNRESET']);
  }
  expect(doubts).toEqual([]);
  expect(facts.connectionsReset).toBe('1, 1, 0');
  if (process.platform === 'linux') expect(facts.resetsBySystem).toBeGreaterThanOrEqual(4);
});

test('where nobody is connected it proves nothing', async () => {
  await using pair = await ProxiedPair.open();
  const { doubts } = await networkReset.strike(madeStage(pair.proxy));
  expect(doubts).toEqual(['there was no connection to end']);
});
