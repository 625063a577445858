import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { openSqsConsumer } from '../../consumers/sqs.ts';
import { encodeLike } from '../../likes/like.ts';
import { ARRIVAL_LIMIT_MS, drained, Inbox, madeLikes, useBroker } from './broker-under-test.ts';
import { sqsAt, urlOf } from './sqs-under-test.ts';

/** Enough for several receives of all pollers, each of which meets the refusal. */
const POISON = Array.from({ length: 300 }, (_, index) => `no like ${index}`);
const NO_CREDENTIALS = Object.assign(new Error('there are none'), {
  name: 'CredentialsProviderError',
});

/** What a server says to whoever has no right to a request: 403, in the words of Amazon SQS. */
async function denying(
  request: string,
  address: string,
): Promise<AsyncDisposable & { port: number }> {
  const server = createServer(async (from, answer) => {
    const body = await textOf(from);
    if (from.headers['x-amz-target'] === `AmazonSQS.${request}`) {
      const type = 'com.amazon.coral.service#AccessDeniedException';
      answer.writeHead(403, { 'content-type': 'application/x-amz-json-1.0' });
      answer.end(JSON.stringify({ __type: type, message: `not allowed: ${request}` }));
      return;
    }
    const headers = { ...from.headers } as Record<string, string>;
    for (const own of ['host', 'connection', 'content-length']) delete headers[own];
    const real = await fetch(`http://${address}${from.url}`, { method: 'POST', headers, body });
    answer.writeHead(real.status, { 'content-type': real.headers.get('content-type') ?? '' });
    answer.end(await real.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  return text;
}

describe('a consumer that is refused again and again says so, and loses nothing', () => {
  const subject = useBroker('sqs', 'memory');

  async function made(texts: readonly string[]) {
    const queue = await subject.freshQueue();
    await subject.broker.post(queue, texts);
    const sqs = sqsAt(subject.server.address);
    const queueUrl = await urlOf(sqs, queue);
    const deadLetterQueueUrl = await urlOf(sqs, `${queue}-dead-letters`);
    sqs.destroy();
    const client: SQSClientConfig = {
      endpoint: `http://${subject.server.address}`,
      region: 'elasticmq',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      useQueueUrlAsEndpoint: false,
    };
    const left = async () => {
      const { waiting, unacknowledged } = await subject.broker.backlog(queue);
      return waiting + unacknowledged;
    };
    return { queue, client, queueUrl, deadLetterQueueUrl, left };
  }

  test('when there is no dead-letter queue', async () => {
    const { left, ...options } = await made(POISON);
    const deadLetterQueueUrl = `${options.queueUrl}-nobody-made`;
    await using consumer = await openSqsConsumer(
      { ...options, deadLetterQueueUrl },
      async () => {},
    );
    await expect(consumer.failed).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    await consumer.stop();
    expect(await left()).toBe(POISON.length);
  });

  test('when there are no credentials', async () => {
    const { left, ...options } = await made(['one']);
    const client = { ...options.client, credentials: () => Promise.reject(NO_CREDENTIALS) };
    await using consumer = await openSqsConsumer({ ...options, client }, async () => {});
    await expect(consumer.failed).rejects.toBe(NO_CREDENTIALS);
    expect(await left()).toBe(1);
  });

  test.each(['DeleteMessageBatch', 'SendMessage', 'ReceiveMessage'])(
    'when it has no right to %s',
    async (request) => {
      const likes = madeLikes(300);
      const { left, ...options } = await made([...POISON, ...likes.map(encodeLike)]);
      await using proxy = await denying(request, subject.server.address);
      const client = { ...options.client, endpoint: `http://127.0.0.1:${proxy.port}` };
      await using consumer = await openSqsConsumer({ ...options, client }, async () => {});
      await expect(consumer.failed).rejects.toThrow(`not allowed: ${request}`);
      await consumer.stop();
      const { parked } = await subject.broker.backlog(options.queue);
      expect((await left()) + parked).toBeGreaterThanOrEqual(POISON.length);
    },
  );

  test('but not when it is the store that says the same', async () => {
    const likes = madeLikes(50);
    const { left: _left, ...options } = await made(likes.map(encodeLike));
    let outages = 0;
    const inbox = new Inbox(async () => {
      outages += 1;
      if (outages < 5) throw Object.assign(NO_CREDENTIALS, { $metadata: { httpStatusCode: 403 } });
    });
    await using consumer = await openSqsConsumer(options, inbox.handle);
    await Promise.race([consumer.failed, inbox.has(likes, ARRIVAL_LIMIT_MS)]);
    await drained(subject.broker, options.queue);
    expect(outages).toBeGreaterThanOrEqual(5);
  });
});
