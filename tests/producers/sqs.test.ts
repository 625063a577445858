import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { decodeLike, type LikeProducer, SendError } from '../../likes/like.ts';
import { openSqsProducer } from '../../producers/sqs.ts';
import { madeLikes } from '../brokers/broker-under-test.ts';

/** What is neither waited for nor measured: how long a request too many gets to show itself. */
const SHOW_MS = 100;

/** One entry of a SendMessageBatch, as it travels. */
interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

/** What the server says to one entry; undefined leaves it out of the answer. */
type Verdict = 'ok' | 'refused' | 'broken' | undefined;
type Judge = (entry: Entry) => Verdict;

/**
 * Answers that ElasticMQ never gives, in SQS's own words: refusals of single entries, entries left
 * out, and whole requests that fail. `requests` holds what came, `answer` what to do with the next.
 */
class StandIn implements AsyncDisposable {
  readonly requests: Entry[][] = [];
  inFlightMax = 0;
  answer: (entries: Entry[], response: ServerResponse) => void = (entries, response) =>
    respond(response, entries, () => 'ok');
  #inFlight = 0;
  readonly #server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    const { Entries } = JSON.parse(text) as { Entries: Entry[] };
    this.requests.push(Entries);
    this.#inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight);
    response.once('close', () => {
      this.#inFlight -= 1;
    });
    this.answer(Entries, response);
  });

  async open(queue: string): Promise<LikeProducer> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    const endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    const client = { endpoint, region: 'elasticmq', credentials };
    return await openSqsProducer({ client, queueUrl: `${endpoint}/0/${queue}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function respond(response: ServerResponse, entries: readonly Entry[], judge: Judge): void {
  const judged = (verdict: Verdict) => entries.filter((entry) => judge(entry) === verdict);
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const failed = (SenderFault: boolean) => (entry: Entry) => {
    return { Id: entry.Id, SenderFault, Code: 'Some', Message: `not ${entry.Id}` };
  };
  const answer = {
    Successful: judged('ok').map(({ Id, MessageBody }) => {
      return { Id, MessageId: Id, MD5OfMessageBody: md5(MessageBody) };
    }),
    Failed: [...judged('refused').map(failed(true)), ...judged('broken').map(failed(false))],
  };
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  response.end(JSON.stringify(answer));
}

function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message: 'as it is' }));
}

const seqOf = (entry: Entry): number => decodeLike(entry.MessageBody).seq;

async function outcomesOf(sent: Promise<void>): Promise<SendError['outcomes']> {
  const error = await sent.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(SendError);
  return (error as SendError).outcomes;
}

test('each like gets the outcome of its own entry, and one left out is unknown', async () => {
  await using server = new StandIn();
  await using producer = await server.open('likes');
  const verdicts: Verdict[] = ['ok', 'refused', 'broken', undefined];
  server.answer = (entries, response) =>
    respond(response, entries, (entry) => verdicts[seqOf(entry) % 4]);
  const outcomes = await outcomesOf(producer.send(madeLikes(40)));
  const wanted = ['ok', 'fail', 'unknown', 'unknown'];
  expect(outcomes).toEqual(Array.from({ length: 40 }, (_, seq) => wanted[seq % 4]));
  await expect(producer.send(madeLikes(4))).rejects.toThrow(/^2 likes unknown, 1 refused: not 1$/);
});

test.each([
  ['is refused by the server', 400, 'QueueDoesNotExist', 'fail'],
  ['is let in by nobody', 403, 'AccessDenied', 'fail'],
  ['breaks the server', 500, 'InternalError', 'unknown'],
])('a request that %s (%i) decides for all its likes', async (_what, status, type, outcome) => {
  await using server = new StandIn();
  await using producer = await server.open('likes');
  server.answer = (_entries, response) => refuse(response, status, type);
  expect(await outcomesOf(producer.send(madeLikes(3)))).toEqual([outcome, outcome, outcome]);
  expect(server.requests).toHaveLength(1);
});

test('a connection that breaks leaves the likes unknown, and nothing is sent again', async () => {
  await using server = new StandIn();
  await using producer = await server.open('likes');
  server.answer = (_entries, response) => response.destroy();
  expect(await outcomesOf(producer.send(madeLikes(2)))).toEqual(['unknown', 'unknown']);
  expect(server.requests).toHaveLength(1);
});

test('any number of likes goes out in full requests, up to sixteen side by side', async () => {
  await using server = new StandIn();
  await using producer = await server.open('likes');
  // Nothing is answered before sixteen requests are there, nor before a seventeenth had its chance.
  const sixteenth = Promise.withResolvers<void>();
  server.answer = async (entries, response) => {
    if (server.requests.length === 16) setTimeout(() => sixteenth.resolve(), SHOW_MS);
    await sixteenth.promise;
    respond(response, entries, () => 'ok');
  };
  const likes = madeLikes(995);
  await Promise.all([producer.send(likes.slice(0, 500)), producer.send(likes.slice(500))]);
  expect(server.requests).toHaveLength(100);
  expect(server.inFlightMax).toBe(16);
  const sent = server.requests.flat().map(seqOf);
  expect(sent.toSorted((a, b) => a - b)).toEqual(likes.map(({ seq }) => seq));
});

test('FIFO: of a post one like is on its way at a time, in order over all sends', async () => {
  await using server = new StandIn();
  await using producer = await server.open('likes.fifo');
  const onItsWay = new Set<string>();
  const problems: string[] = [];
  server.answer = (entries, response) => {
    for (const { MessageGroupId: group = '' } of entries) {
      if (onItsWay.has(group)) problems.push(`${group} twice`);
      onItsWay.add(group);
    }
    setTimeout(() => {
      for (const { MessageGroupId: group = '' } of entries) onItsWay.delete(group);
      respond(response, entries, () => 'ok');
    }, Math.random() * 3);
  };
  const likes = madeLikes(300, { posts: 30, source: 'one' });
  const parts = [0, 100, 200].map((from) => likes.slice(from, from + 100));
  await Promise.all(parts.map((part) => producer.send(part)));
  expect(problems).toEqual([]);
  const entries = server.requests.flat();
  expect(entries.map((entry) => entry.MessageDeduplicationId)).toContain('one.299');
  for (const ofPost of Map.groupBy(entries, (entry) => entry.MessageGroupId).values()) {
    expect(ofPost.map(seqOf)).toEqual(ofPost.map(seqOf).toSorted((a, b) => a - b));
    expect(ofPost).toHaveLength(10);
  }
});

test('FIFO: after an unknown like the rest of its send stays here, others go on', async () => {
  await using server = new StandIn();
  await using producer = await server.open('likes.fifo');
  server.answer = (entries, response) =>
    respond(response, entries, (entry) => (seqOf(entry) === 1 ? 'broken' : 'ok'));
  const first = producer.send(madeLikes(4, { posts: 1 }));
  const second = producer.send(madeLikes(2, { posts: 1, from: 4 }));
  expect(await outcomesOf(first)).toEqual(['ok', 'unknown', 'fail', 'fail']);
  await second;
  expect(server.requests.flat().map(seqOf)).toEqual([0, 1, 4, 5]);
});

test('FIFO: a request without an answer is repeated, since a copy of it is dropped', async () => {
  await using server = new StandIn();
  await using producer = await server.open('likes.fifo');
  server.answer = (entries, response) => {
    if (server.requests.length === 1) response.destroy();
    else respond(response, entries, () => 'ok');
  };
  await producer.send(madeLikes(2));
  expect(server.requests).toHaveLength(2);
  expect(server.requests[0]).toEqual(server.requests[1]);
});

test('FIFO: a refusal of a repeated request is unknown: the first may have landed', async () => {
  await using server = new StandIn();
  await using producer = await server.open('likes.fifo');
  server.answer = (_entries, response) => {
    if (server.requests.length === 1) response.destroy();
    else refuse(response, 400, 'QueueDoesNotExist');
  };
  expect(await outcomesOf(producer.send(madeLikes(1)))).toEqual(['unknown']);
});

test('FIFO: names that SQS does not take are hashed as likes/README.md says', async () => {
  await using server = new StandIn();
  await using producer = await server.open('likes.fifo');
  const [like] = madeLikes(1);
  const posts = ['plain', 'a b', '日本語', 'x'.repeat(128), 'x'.repeat(129)];
  await producer.send(posts.map((post, seq) => ({ ...like!, source: 'with blank', seq, post })));
  const hashed = (text: string) => createHash('sha256').update(text).digest('hex');
  const entries = server.requests.flat();
  expect(entries.map((entry) => entry.MessageGroupId)).toEqual([
    'plain',
    hashed('a b'),
    hashed('日本語'),
    'x'.repeat(128),
    hashed('x'.repeat(129)),
  ]);
  expect(entries[0]!.MessageDeduplicationId).toBe(hashed('with blank.0'));
});
