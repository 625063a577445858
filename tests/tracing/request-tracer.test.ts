import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { HeadersOf, Like, LikeProducer } from '../../likes/like.ts';
import type { LikeStep } from '../../likes/like-steps.ts';
import { BatchTracer } from '../../tracing/batch-tracer.ts';
import { ClientTracer } from '../../tracing/client-tracer.ts';
import { RequestTracer } from '../../tracing/request-tracer.ts';
import { openTracing, type Tracing, type TracingOptions } from '../../tracing/tracing.ts';
import { giveLike, openMadeGateway } from '../gateway/gateway-fixture.ts';
import { KIND, openOtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';

const QUEUE = { system: 'kafka', destination: 'likes' };
const SAMPLED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const LEFT_OUT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

function traced(options: Omit<TracingOptions, 'service'> & { service?: string }): Tracing {
  return openTracing({ service: 'like-gateway', ...options });
}

/** Keeps what travels beside each like. */
class KeepingProducer implements LikeProducer {
  readonly sends: { likes: readonly Like[]; headers: ReturnType<HeadersOf>[] }[] = [];

  async send(likes: readonly Like[], headersOf?: HeadersOf): Promise<void> {
    this.sends.push({ likes, headers: likes.map((_, index) => headersOf?.(index)) });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function only(spans: readonly ReceivedSpan[], name: string, kind: number): ReceivedSpan {
  const found = spans.filter((span) => span.name === name && span.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!;
}

test('one trace goes from the client through gateway and queue to the commit', async () => {
  await using receiver = await openOtlpReceiver();
  const counted: [string, LikeStep, number][] = [];
  const countIn =
    (process: string) =>
    (step: LikeStep, likes = 1) =>
      void counted.push([process, step, likes]);
  const own = (service: string) => traced({ service, otlp: receiver.url, share: 1 });
  const [client, gateway, worker] = [own('client'), own('gateway'), own('worker')];
  const producer = new KeepingProducer();
  const tracer = new RequestTracer(gateway, { ...QUEUE, count: countIn('gateway') });
  const opened = await openMadeGateway({ producer, tracer });
  const sender = new ClientTracer(client, { every: 2, count: countIn('client') });
  const requests = [0, 1, 2].map(() => sender.sends(client.nowUs()));
  expect(requests.map((one) => one !== undefined)).toEqual([true, false, true]);
  const [first] = requests;
  const answer = await giveLike(opened.gateway, {}, first!.headers);
  first!.answered(answer.statusCode);

  const { likes, headers } = producer.sends[0]!;
  expect(headers[0]!.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  const database = 'postgresql';
  const counter = new BatchTracer(worker, { ...QUEUE, database, count: countIn('worker') });
  const neighbour = { ...likes[0]!, seq: 1 };
  const batch = counter.delivered([neighbour, likes[0]!], (index) => headers[index - 1]);
  batch.begins([0, 1]);
  batch.committed([1, 0]);
  batch.ended();
  for (const one of [client, gateway, worker]) await one[Symbol.asyncDispose]();

  const spans = receiver.spans.filter(({ traceId }) => headers[0]!.traceparent!.includes(traceId));
  const pressed = only(spans, 'POST /likes', KIND.client);
  const served = only(spans, 'POST /likes', KIND.server);
  const created = only(spans, 'create likes', KIND.producer);
  const sent = only(spans, 'send likes', KIND.client);
  const received = only(spans, 'receive likes', KIND.consumer);
  const processed = only(spans, 'process likes', KIND.consumer);
  const stored = only(spans, 'BATCH counts', KIND.client);
  expect(spans).toHaveLength(7);
  expect([...receiver.paths]).toEqual(['/v1/traces']);
  expect([pressed, served, processed].map(({ service }) => service)).toEqual([
    ...['client', 'gateway', 'worker'],
  ]);
  expect([served, created, sent, processed, stored].map((one) => one.parentSpanId)).toEqual([
    ...[pressed.spanId, served.spanId, served.spanId, created.spanId, processed.spanId],
  ]);
  // What the batch received links to each traced like in it, and the other one has no trace.
  expect(received.links.map(({ spanId }) => spanId)).toEqual([created.spanId]);
  expect(sent.links.map(({ spanId }) => spanId)).toEqual([created.spanId]);
  expect(processed.links.map(({ spanId }) => spanId)).toEqual([created.spanId, received.spanId]);
  const { source } = opened.gateway;
  expect(processed.attributes).toEqual({
    'messaging.system': 'kafka',
    'messaging.destination.name': 'likes',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.message.id': `${source}.0`,
  });
  expect(received.attributes['messaging.batch.message_count']).toBe(2);
  expect(sent.attributes['messaging.message.id']).toBe(`${source}.0`);
  expect(served.attributes).toMatchObject({
    ...{ 'http.request.method': 'POST', 'http.route': '/likes', 'http.response.status_code': 202 },
  });
  expect(stored.attributes).toMatchObject({ 'db.system.name': 'postgresql' });
  const starts = [pressed, served, created, sent, processed, stored].map((one) =>
    BigInt(one.startTimeUnixNano),
  );
  expect(starts).toEqual(starts.toSorted((a, b) => Number(a - b)));
  // Counted like by like, whether it is traced or not.
  expect(counted).toEqual([
    ...[0, 1, 2].map(() => ['client', 'due', 1]),
    ...['received', 'waiting', 'sent', 'acknowledged'].map((step) => ['gateway', step, 1]),
    ...['delivered', 'begun', 'visible'].map((step) => ['worker', step, 2]),
  ]);
});

test('a gateway keeps to what a trace that comes along decides, else to its share', async () => {
  const headersOf = async (share: number, headers: Record<string, string>) => {
    const tracing = traced({ share });
    onTestFinished(() => tracing[Symbol.asyncDispose]());
    const producer = new KeepingProducer();
    const { gateway } = await openMadeGateway({
      producer,
      tracer: new RequestTracer(tracing, QUEUE),
    });
    await giveLike(gateway, {}, headers);
    return producer.sends[0]!.headers[0];
  };
  expect((await headersOf(0, { traceparent: SAMPLED }))?.traceparent).toContain(
    SAMPLED.slice(3, 35),
  );
  expect(await headersOf(1, { traceparent: LEFT_OUT })).toBeUndefined();
  expect(await headersOf(0, {})).toBeUndefined();
  expect((await headersOf(0, { traceparent: 'nonsense' })) ?? {}).toEqual({});
  expect((await headersOf(1, {}))?.traceparent).toMatch(/-01$/);
});

test.each([
  ['that holds nothing', ','],
  ['that is none', 'nonsense'],
  ['that is too long', `a=${'x'.repeat(600)}`],
])('a tracestate %s travels with no like: a queue may refuse an empty header', (_, tracestate) => {
  const tracing = traced({});
  onTestFinished(() => tracing[Symbol.asyncDispose]());
  const trace = new RequestTracer(tracing, QUEUE).received({ traceparent: SAMPLED, tracestate })!;
  trace.waits();
  const headers = trace.sends({ source: 'a', seq: 0 }, 1);
  expect(Object.keys(headers!)).toEqual(['traceparent']);
});

test('a send that fails says so in its span, and a 503 in that of the request', async () => {
  await using receiver = await openOtlpReceiver();
  const tracing = traced({ otlp: receiver.url });
  const { gateway, producer } = await openMadeGateway({
    tracer: new RequestTracer(tracing, QUEUE),
  });
  producer.onSend = (send) => send.fail('unknown');
  await giveLike(gateway, {}, { traceparent: SAMPLED });
  await tracing[Symbol.asyncDispose]();
  const sent = only(receiver.spans, 'send likes', KIND.client);
  const served = only(receiver.spans, 'POST /likes', KIND.server);
  expect([sent.attributes['error.type'], served.attributes['error.type']]).toEqual([
    ...['unknown', '503'],
  ]);
  expect([sent.status?.code, served.status?.code]).toEqual([2, 2]);
});

test('a receiver that refuses costs spans and no like, and what it cost is told', async () => {
  await using receiver = await openOtlpReceiver({ status: 400 });
  const tracing = traced({ otlp: receiver.url });
  const { gateway } = await openMadeGateway({ tracer: new RequestTracer(tracing, QUEUE) });
  const answer = await giveLike(gateway, {}, { traceparent: SAMPLED });
  await tracing[Symbol.asyncDispose]();
  expect(answer.statusCode).toBe(202);
  expect(tracing.exported()).toMatchObject({ delivered: 0, failed: 3 });
});

test('as many spans as may wait all arrive, and of more it is told how many are lost', async () => {
  await using receiver = await openOtlpReceiver();
  const burst = async (spans: number) => {
    const tracing = traced({ otlp: receiver.url, share: 1 });
    for (let span = 0; span < spans; span++) tracing.tracer.startSpan('burst').end();
    await tracing[Symbol.asyncDispose]();
    return tracing.exported()!;
  };
  expect(await burst(20_000)).toEqual({ delivered: 20_000, failed: 0 });
  const { delivered, failed, reason } = await burst(25_000);
  expect(receiver.spans).toHaveLength(20_000 + delivered);
  expect(failed).toBe(25_000 - delivered);
  expect(failed).toBeGreaterThan(0);
  expect(reason).toBe('no more than 20000 spans may wait');
});

test('a file of spans that cannot be written is no secret', async () => {
  const tracing = traced({ file: '/nowhere/spans' });
  await expect(tracing[Symbol.asyncDispose]()).rejects.toThrow('/nowhere/spans');
});

test('spans that are kept have the times of the clock that they were traced by', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spans-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'spans');
  let us = 1_000_000;
  const clock = { nowUs: () => us, epochUs: 1_764_115_200_123_456 };
  const tracing = traced({ file, clock });
  const trace = new RequestTracer(tracing, QUEUE).received({ traceparent: SAMPLED })!;
  us += 250.5;
  trace.waits();
  us += 5_000_000;
  trace.sends({ source: 'a', seq: 7 }, 3);
  us += 40;
  trace.settles('ok');
  trace.answered(202);
  await tracing[Symbol.asyncDispose]();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const found = lines
    .map((line) => JSON.parse(line))
    .map((one) => [one.name, one.fromUs, one.toUs]);
  expect(found).toEqual([
    ['create likes', 1_000_250.5, 6_000_250.5],
    ['send likes', 6_000_250.5, 6_000_290.5],
    ['POST /likes', 1_000_000, 6_000_290.5],
  ]);
});
