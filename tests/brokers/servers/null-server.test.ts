import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import { identityOf } from '../../../brokers/servers/local/living.ts';
import { LikeLines, NullQueue } from '../../../brokers/servers/local/null-queue.ts';
import { createNullServer } from '../../../brokers/servers/local/null-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ACKNOWLEDGE_TIMEOUT_MS = 300;

describe('the null server', () => {
  const server = createNullServer({ acknowledgeTimeoutMs: ACKNOWLEDGE_TIMEOUT_MS });
  let base = '';
  let queues = 0;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const call = (method: string, path: string, body?: string) =>
    fetch(base + path, body === undefined ? { method } : { method, body });
  async function newQueue(): Promise<string> {
    queues += 1;
    const path = `/queues/likes-${queues}`;
    expect((await call('PUT', path)).status).toBe(201);
    return path;
  }
  const backlog = async (path: string) => (await call('GET', path)).json();

  test('refuses a queue that is there, and forgets one that is deleted', async () => {
    const path = await newQueue();
    expect((await call('PUT', path)).status).toBe(409);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('DELETE', path)).status).toBe(404);
    expect((await call('POST', `${path}/likes`, 'a')).status).toBe(404);
    expect((await call('PUT', path)).status).toBe(201);
    expect(await backlog(path)).toEqual({ waiting: 0, unacknowledged: 0, parked: 0 });
  });

  test('passes the same bytes on, in order, and counts them by message', async () => {
    const path = await newQueue();
    for (const body of ['a\nb', 'c', 'd\ne\nö']) {
      expect((await call('POST', `${path}/likes`, body)).status).toBe(204);
    }
    expect(await backlog(path)).toEqual({ waiting: 6, unacknowledged: 0, parked: 0 });
    const first = await call('GET', `${path}/likes?max=3`);
    expect(await first.text()).toBe('a\nb\nc');
    expect(await backlog(path)).toEqual({ waiting: 3, unacknowledged: 3, parked: 0 });
    const second = await call('GET', `${path}/likes?max=2`);
    expect(await second.text()).toBe('d\ne');
    const third = await call('GET', `${path}/likes`);
    expect(await third.text()).toBe('ö');
    for (const { headers } of [first, second, third]) {
      const acknowledgement = `${path}/batches/${headers.get('batch')}`;
      expect((await call('DELETE', acknowledgement)).status).toBe(204);
      expect((await call('DELETE', acknowledgement)).status).toBe(404);
    }
    expect(await backlog(path)).toEqual({ waiting: 0, unacknowledged: 0, parked: 0 });
  });

  test('holds a consumer until a message comes, and lets it go when none does', async () => {
    const path = await newQueue();
    expect((await call('GET', `${path}/likes?waitMs=20`)).status).toBe(204);
    const waiting = call('GET', `${path}/likes?waitMs=10000`);
    const other = call('GET', `${path}/likes?waitMs=100`);
    await call('POST', `${path}/likes`, 'a');
    const statuses = [(await waiting).status, (await other).status];
    expect(statuses.toSorted()).toEqual([200, 204]);
  });

  test('gives nothing to a consumer that has hung up', async () => {
    const path = await newQueue();
    const gone = new AbortController();
    const hungUp = fetch(`${base}${path}/likes?waitMs=10000`, { signal: gone.signal });
    gone.abort();
    await expect(hungUp).rejects.toThrow(/abort/);
    await call('POST', `${path}/likes`, 'a');
    expect(await (await call('GET', `${path}/likes?waitMs=5000`)).text()).toBe('a');
  });

  test('delivers a batch that nobody acknowledged again, before what came later', async () => {
    const path = await newQueue();
    await call('POST', `${path}/likes`, 'a\nb');
    const first = await call('GET', `${path}/likes`);
    expect(await first.text()).toBe('a\nb');
    const again = await call('GET', `${path}/likes?waitMs=10000`);
    expect(await again.text()).toBe('a\nb');
    expect(again.headers.get('batch')).not.toBe(first.headers.get('batch'));
    expect((await call('DELETE', `${path}/batches/${first.headers.get('batch')}`)).status).toBe(
      404,
    );
    expect((await call('DELETE', `${path}/batches/${again.headers.get('batch')}`)).status).toBe(
      204,
    );
    expect(await backlog(path)).toEqual({ waiting: 0, unacknowledged: 0, parked: 0 });
  });

  test('keeps what is parked, with its reason, oldest first', async () => {
    const path = await newQueue();
    const parked = [
      { text: 'no\nlike', reason: 'not JSON' },
      { text: '{}', reason: 'no format' },
    ];
    for (const one of parked) {
      expect((await call('POST', `${path}/parked`, JSON.stringify(one))).status).toBe(204);
    }
    expect(await (await call('GET', `${path}/parked`)).json()).toEqual(parked);
    expect(await backlog(path)).toEqual({ waiting: 0, unacknowledged: 0, parked: 2 });
    expect((await call('DELETE', `${path}/parked?first=1`)).status).toBe(204);
    expect(await (await call('GET', `${path}/parked`)).json()).toEqual(parked.slice(1));
    expect((await call('DELETE', `${path}/parked`)).status).toBe(204);
    expect(await backlog(path)).toMatchObject({ parked: 1 });
  });

  test.each([
    ['GET', '/elsewhere', undefined, 'no such path'],
    ['PATCH', '', undefined, 'PATCH is not for this path'],
    ['POST', '/likes', '', 'send at least one message'],
    ['DELETE', '/parked?first=some', undefined, 'first must be'],
    ['GET', '/likes?max=0', undefined, 'max must be a whole number from 1'],
    ['GET', '/likes?max=some', undefined, 'max must be'],
    ['GET', '/likes?waitMs=-1', undefined, 'waitMs must be'],
    ['POST', '/parked', '{', 'send a JSON object'],
    ['POST', '/parked', 'null', 'send a JSON object'],
    ['POST', '/parked', '{"text":1}', 'send a JSON object'],
  ])('answers %s …%s with one line and 400', async (method, part, body, line) => {
    const path = await newQueue();
    const response = await call(method, `${path}${part}`, body);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text).toContain(line);
    expect(text.trimEnd()).not.toContain('\n');
  });

  test('runs as a process of its own and tells its settings', async () => {
    await using folder = await temporaryFolder();
    await using own = await startLocalServer('null', { tier: 'memory', folder: folder.path });
    const response = await fetch(`http://${own.address}/settings`);
    expect(await response.json()).toEqual({
      version: '2',
      pid: String(own.pid),
      node: process.version,
      acknowledgeTimeoutMs: '30000',
    });
    const pid = own.pid!;
    await own.kill();
    expect(identityOf(pid)).toBeUndefined();
  });
});

test('a queue loses, doubles and reorders nothing, however batches are cut', async () => {
  const someBodies = fc.array(fc.array(fc.stringMatching(/^\w{0,5}$/), { minLength: 1 }));
  const someMax = fc.integer({ min: 1, max: 7 });
  await fc.assert(
    fc.asyncProperty(someBodies, someMax, fc.boolean(), async (bodies, max, giveBack) => {
      const queue = new NullQueue(60_000);
      const sent = bodies.filter((body) => body.join('\n') !== '');
      for (const body of sent) queue.add(LikeLines.of(Buffer.from(body.join('\n'))));
      const received: string[] = [];
      let returned = !giveBack;
      const never = new AbortController().signal;
      for (;;) {
        const batch = await queue.take(max, 0, never);
        if (batch === undefined) break;
        const messages = batch.body.toString().split('\n');
        expect(messages.length).toBeLessThanOrEqual(max);
        if (returned) {
          received.push(...messages);
          expect(queue.acknowledge(batch.id)).toBe(true);
        } else queue.giveBack(batch.id);
        returned = true;
      }
      expect(received).toEqual(sent.flat());
      expect(queue.backlog()).toEqual({ waiting: 0, unacknowledged: 0, parked: 0 });
    }),
  );
});
