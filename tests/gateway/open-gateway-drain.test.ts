import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { LIKE, openMadeGateway, sumOf } from './gateway-fixture.ts';

const post = (url: string) =>
  fetch(`${url}/likes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(LIKE),
  });

test('draining answers what is in hand, takes nothing more, ends all connections', async () => {
  const { gateway, producer } = await openMadeGateway();
  producer.onSend = undefined;
  const inHand = post(gateway.url);
  await vi.waitFor(() => expect(producer.sends).toHaveLength(1));
  // A connection that is open already: nobody else is let in later.
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  await once(socket, 'connect');
  let isDrained = false;
  const drained = gateway.drain().then((isAnswered) => {
    isDrained = true;
    return isAnswered;
  });
  const body = JSON.stringify(LIKE);
  socket.write(
    `POST /likes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  let late = '';
  socket.on('data', (chunk) => {
    late += chunk;
  });
  await once(socket, 'close');
  expect(late).toMatch(/^HTTP\/1\.1 503 /);
  expect(late).toMatch(/\r\nconnection: close\r\n/i);
  expect(late).toMatch(/\r\nretry-after: 1\r\n/);
  expect(late).toContain('SHED_DRAINING');
  expect(isDrained).toBe(false);
  producer.sends[0]!.acknowledge();
  const answer = await inHand;
  expect(answer.status).toBe(202);
  expect(await drained).toBe(true);
  expect(producer.isDisposed).toBe(true);
  expect(producer.sends).toHaveLength(1);
  await expect(post(gateway.url)).rejects.toThrow();
});

test('readiness is 503 while it drains', async () => {
  const { gateway, producer } = await openMadeGateway();
  producer.onSend = undefined;
  const inHand = post(gateway.url);
  await vi.waitFor(() => expect(producer.sends).toHaveLength(1));
  const drained = gateway.drain();
  const ready = await gateway.app.inject('/readyz');
  expect(ready.statusCode).toBe(503);
  expect(ready.json()).toMatchObject({ ready: false, draining: true });
  expect(ready.headers.connection).toBe('close');
  producer.sends[0]!.acknowledge();
  await inHand;
  await drained;
});

test('draining ends in a named time with an answer for all, also of a silent broker', async () => {
  const { gateway, producer } = await openMadeGateway({
    limits: { answerMsMax: 200, waitMsMax: 100, drainMsMax: 5_000 },
  });
  producer.onSend = undefined;
  const inHand = [post(gateway.url), post(gateway.url)];
  await vi.waitFor(() => expect(producer.sends).toHaveLength(1));
  expect(await gateway.drain()).toBe(true);
  const answers = await Promise.all(inHand);
  expect(answers.map(({ status }) => status)).toEqual([503, 503]);
});

test('a client that stops in the middle of a request holds nobody up for long', async () => {
  const { gateway } = await openMadeGateway();
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.write('POST /likes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n');
  socket.write('Content-Length: 100\r\n\r\n{');
  await expect.poll(() => sumOf(gateway, 'likes_offered_total')).toBe(1);
  expect(await gateway.drain()).toBe(true);
  await closed;
});
