import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Server } from '../../../brokers/servers/server.ts';
import { silence, whyNoProxy } from '../../../lab/faults/network-silence.ts';
import { madeStage } from './made-stage.ts';
import { ProxiedPair, until } from './proxy-peers.ts';

const SHORT_S = 0.3;

test('a cut in which both sides speak is proven, and over when it resolves', async () => {
  await using pair = await ProxiedPair.open();
  const { client, server } = await pair.connected();
  const striking = silence(madeStage(pair.proxy), 'both', SHORT_S);
  await nextTurn(); // Now it is cut.
  client.socket.write('a request');
  server.socket.write('a reply');
  const { facts, doubts, recoversFromUs } = await striking;
  expect(doubts).toEqual([]);
  expect(facts).toEqual({
    silentS: SHORT_S,
    connections: 1,
    heldRequestBytes: 9,
    heldReplyBytes: 7,
    passedRequestBytes: 0,
    passedReplyBytes: 0,
  });
  expect(recoversFromUs).toBeGreaterThan(0);
  await until('both arrive', () => server.bytes === 9 && client.bytes === 7);
});

test('a cut in which nobody speaks proves nothing', async () => {
  await using pair = await ProxiedPair.open();
  await pair.connected();
  const { doubts } = await silence(madeStage(pair.proxy), 'both', SHORT_S);
  expect(doubts).toEqual(['nobody said anything while the network was cut']);
});

test('lost replies are proven by requests that came through and replies that did not', async () => {
  await using pair = await ProxiedPair.open();
  const { client, server } = await pair.connected();
  server.socket.on('data', () => server.socket.write('a reply'));
  const striking = silence(madeStage(pair.proxy), 'replies', SHORT_S);
  await nextTurn(); // Now it is cut.
  client.socket.write('a request');
  const { facts, doubts } = await striking;
  expect(doubts).toEqual([]);
  expect(facts).toMatchObject({
    heldReplyBytes: 7,
    passedRequestBytes: 9,
    passedReplyBytes: 0,
    heldRequestBytes: 0,
  });
});

test('lost replies that nobody asked for or nobody sent prove nothing', async () => {
  await using pair = await ProxiedPair.open();
  await pair.connected();
  const { doubts } = await silence(madeStage(pair.proxy), 'replies', SHORT_S);
  expect(doubts).toEqual([
    'the server said nothing that could be lost',
    'no request came through while replies were lost',
  ]);
});

test('a trial that is called off has its network back', async () => {
  await using pair = await ProxiedPair.open();
  const { client, server } = await pair.connected();
  const calledOff = new AbortController();
  const striking = silence(madeStage(pair.proxy, calledOff.signal), 'both', 3_600);
  client.socket.write('a request');
  await until('it is held', () => pair.proxy.counts().heldBytes.requests === 9);
  calledOff.abort();
  await expect(striking).rejects.toThrow(/abort/);
  await until('it arrives', () => server.bytes === 9);
});

test('only a server that the lab runs as a process of its own can stand behind a proxy', () => {
  const runtimes = ['local', 'compose', 'external'] as const;
  const answers = runtimes.map((runtime) => whyNoProxy({ runtime } as Server));
  const why = 'only servers of the runtime local have a proxy';
  expect(answers).toEqual([undefined, why, why]);
});
