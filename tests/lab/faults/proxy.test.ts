import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HELD_BYTES_MAX } from '../../../lab/faults/proxied-connection.ts';
import { openProxy } from '../../../lab/faults/proxy.ts';
import { type Peer, ProxiedPair, until } from './proxy-peers.ts';

/** As much as one read of a socket brings; what is under way when the proxy stops reading. */
const ONE_READ_BYTES = 65_536;

interface Sending {
  readonly do: 'send';
  readonly from: 'client' | 'server';
  /** Which of the connections. */
  readonly of: number;
  readonly bytes: number;
}
type Cutting = { readonly do: 'cut'; readonly cut: 'both' | 'replies' };
type Step = Sending | Cutting | { readonly do: 'heal' } | { readonly do: 'wait' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send'),
      from: fc.constantFrom('client', 'server'),
      of: fc.nat(2),
      bytes: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 400_000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('cut'), cut: fc.constantFrom('both', 'replies') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('heal') }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait') }) },
);

test('what is sent through any cuts and heals arrives whole and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      await using pair = await ProxiedPair.open();
      const pairs = [await pair.connected(), await pair.connected(), await pair.connected()];
      const sent = pairs.map(() => ({ client: [] as Buffer[], server: [] as Buffer[] }));
      for (const taken of steps) {
        if (taken.do === 'heal') pair.proxy.heal();
        else if (taken.do === 'cut') pair.proxy.cut(taken.cut);
        else if (taken.do === 'wait') await nextTurn();
        else {
          const bytes = randomBytes(taken.bytes);
          sent[taken.of]![taken.from].push(bytes);
          pairs[taken.of]![taken.from].socket.write(bytes);
        }
      }
      for (const { client, server } of pairs) {
        client.socket.end();
        server.socket.end();
      }
      pair.proxy.heal();
      for (const [index, { client, server }] of pairs.entries()) {
        await until('both ends are told the end', () => !!client.ending && !!server.ending);
        expect([client.ending, server.ending]).toEqual(['end', 'end']);
        expect(server.arrived.equals(Buffer.concat(sent[index]!.client))).toBe(true);
        expect(client.arrived.equals(Buffer.concat(sent[index]!.server))).toBe(true);
      }
      await until('every connection is gone', () => pair.proxy.counts().connections === 0);
    }),
    { numRuns: 100 },
  );
});

test('a cut of both ways holds what either side says, and tells neither', async () => {
  await using pair = await ProxiedPair.open();
  const { client, server } = await pair.connected();
  pair.proxy.cut('both');
  client.socket.write('a request');
  server.socket.write('a reply');
  const held = () => pair.proxy.counts().heldBytes;
  await until('both are held', () => held().requests === 9 && held().replies === 7);
  expect([server.bytes, client.bytes]).toEqual([0, 0]);
  expect([server.ending, client.ending]).toEqual([undefined, undefined]);
  expect(pair.proxy.counts().passedBytes).toEqual({ requests: 0, replies: 0 });
  pair.proxy.heal();
  await until('both arrive', () => server.bytes === 9 && client.bytes === 7);
  expect(pair.proxy.counts()).toEqual({
    connections: 1,
    heldBytes: { requests: 0, replies: 0 },
    passedBytes: { requests: 9, replies: 7 },
    connectionsReset: 0,
  });
});

test('a cut of the replies lets requests through, also over a new connection', async () => {
  await using pair = await ProxiedPair.open();
  const old = await pair.connected();
  pair.proxy.cut('replies');
  const young = await pair.connected();
  for (const { client, server } of [old, young]) {
    server.socket.write('a reply');
    client.socket.write('a request');
    await until('the request arrives', () => server.bytes === 9);
  }
  await until('replies are held', () => pair.proxy.counts().heldBytes.replies === 14);
  expect([old.client.bytes, young.client.bytes]).toEqual([0, 0]);
  pair.proxy.heal();
  await until('replies arrive', () => old.client.bytes === 7 && young.client.bytes === 7);
});

test('a connection that is opened during a cut of both ways reaches the server later', async () => {
  await using pair = await ProxiedPair.open();
  pair.proxy.cut('both');
  const client = await pair.client();
  client.socket.write('a request');
  await until('it is held', () => pair.proxy.counts().heldBytes.requests === 9);
  expect(pair.servers).toHaveLength(0);
  pair.proxy.heal();
  await until('it arrives', () => pair.servers[0]?.bytes === 9);
});

test('a connection opened and given up during a cut never reaches the server', async () => {
  await using pair = await ProxiedPair.open();
  pair.proxy.cut('both');
  const client = await pair.client();
  client.socket.end('a request');
  await until('it is given up', () => pair.proxy.counts().connections === 0);
  pair.proxy.heal();
  const { server } = await pair.connected();
  expect(pair.servers).toEqual([server]);
  expect(pair.proxy.counts().passedBytes.requests).toBe(0);
});

test.each(['client', 'server'] as const)(
  'what the %s said before it closed during a cut arrives, and then the end',
  async (closing) => {
    await using pair = await ProxiedPair.open();
    const peers = await pair.connected();
    const told = closing === 'client' ? peers.server : peers.client;
    pair.proxy.cut('both');
    peers[closing].socket.end('last words');
    const way = closing === 'client' ? 'requests' : 'replies';
    await until('it is held', () => pair.proxy.counts().heldBytes[way] === 10);
    expect(told.ending).toBeUndefined();
    pair.proxy.heal();
    await until('the end is told', () => told.ending === 'end');
    expect(told.arrived.toString()).toBe('last words');
  },
);

test('who dies without a word during a cut is given away after the cut only', async () => {
  await using pair = await ProxiedPair.open();
  const { client, server } = await pair.connected();
  client.socket.write('a request');
  await until('the request arrives', () => server.bytes === 9);
  pair.proxy.cut('both');
  client.socket.resetAndDestroy();
  await until('the proxy knows', () => pair.proxy.counts().connections === 0);
  expect(server.ending).toBeUndefined();
  pair.proxy.heal();
  await until('the server is told', () => server.ending !== undefined);
  expect(server.ending).toBe('ECONNRESET');
});

test('a reset ends every connection on both sides, also during a cut', async () => {
  await using pair = await ProxiedPair.open();
  for (const cut of [undefined, 'both', 'replies'] as const) {
    if (cut !== undefined) pair.proxy.cut(cut);
    else pair.proxy.heal();
    const before = pair.proxy.counts().connectionsReset;
    pair.proxy.heal();
    const peers = [await pair.connected(), await pair.connected()];
    if (cut !== undefined) pair.proxy.cut(cut);
    peers[0]!.client.socket.write('it gets lost');
    expect(pair.proxy.reset()).toBe(2);
    for (const peer of peers.flatMap(({ client, server }): Peer[] => [client, server])) {
      await until('it is told', () => peer.ending !== undefined);
      expect(peer.ending).toBe('ECONNRESET');
    }
    expect(pair.proxy.counts()).toMatchObject({ connections: 0, connectionsReset: before + 2 });
    expect(pair.proxy.counts().heldBytes).toEqual({ requests: 0, replies: 0 });
  }
});

test('it holds so much and no more: then the sender is blocked, and loses nothing', async () => {
  await using pair = await ProxiedPair.open();
  const { client, server } = await pair.connected();
  pair.proxy.cut('both');
  const bytes = randomBytes(8 * HELD_BYTES_MAX);
  let isWritten = false;
  client.socket.end(bytes, () => {
    isWritten = true;
  });
  const held = () => pair.proxy.counts().heldBytes.requests;
  await until('as much as it may is held', () => held() >= HELD_BYTES_MAX);
  // An answer on another connection comes after all that was on its way on this one.
  const { heldBytes } = pair.proxy.counts();
  await pair.client();
  expect(heldBytes.requests).toBeLessThan(HELD_BYTES_MAX + ONE_READ_BYTES);
  expect(held()).toBe(heldBytes.requests);
  expect([isWritten, server.bytes]).toEqual([false, 0]);
  pair.proxy.heal();
  await until('all arrives', () => server.ending === 'end');
  expect(server.arrived.equals(bytes)).toBe(true);
});

test('a slow receiver slows its sender down instead of filling the proxy', async () => {
  await using pair = await ProxiedPair.open();
  const { client, server } = await pair.connected();
  server.socket.pause();
  const bytes = randomBytes(64 * 1024 * 1024);
  client.socket.end(bytes);
  let passedBytes = -1;
  // The buffers of the system between the two have filled when a second adds nothing.
  await until('nothing goes through any more', () => {
    const before = passedBytes;
    passedBytes = pair.proxy.counts().passedBytes.requests;
    return passedBytes > 0 && before === passedBytes && client.socket.writableLength > 0;
  });
  expect(pair.proxy.counts().heldBytes.requests).toBeLessThanOrEqual(ONE_READ_BYTES);
  expect(passedBytes).toBeLessThan(bytes.length);
  server.socket.resume();
  await until('all arrives', () => server.ending === 'end');
  expect(server.arrived.equals(bytes)).toBe(true);
});

test('before it knows where to, and when nobody listens there, clients are sent away', async () => {
  await using proxy = await openProxy();
  await using pair = await ProxiedPair.open();
  await expect(reached(proxy.port)).rejects.toThrow('ECONNRESET');
  await using other = await openProxy();
  const address = other.address;
  await other[Symbol.asyncDispose]();
  pair.proxy.passTo(address);
  await expect(reached(pair.proxy.port)).rejects.toThrow('ECONNRESET');
});

/** Rejects with what the client of a proxy is told. */
async function reached(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.resume();
  await once(socket, 'close');
}
