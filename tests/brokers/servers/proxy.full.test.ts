/**
 * Real clients and real servers with the lab's proxy between them: what goes through it, and what
 * each client makes of a network that loses things.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../../../brokers/broker.ts';
import { BROKERS } from '../../../brokers/index.ts';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import type { LocalServer } from '../../../brokers/servers/local/local-server.ts';
import { type NetworkProxy, openProxy } from '../../../lab/faults/proxy.ts';
import {
  encodeLike,
  type Like,
  type LikeProducer,
  type SendError,
  type SendOutcome,
} from '../../../likes/like.ts';
import { drained, freshName, Inbox, idOf, LANES, madeLikes, until } from '../broker-under-test.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Longer than every producer waits for an answer; kafkajs waits longest, 12 s. */
const CUT_MS = 14_000;
/** Each client has heard by then how a send ended that was under way when the network came back. */
const SETTLE_LIMIT_MS = 10_000;
/** And by then its sends are taken again. */
const RECOVERY_LIMIT_MS = 30_000;
const RESEND_PAUSE_MS = 100;

type Outcomes = readonly SendOutcome[];

async function outcomesOf(producer: LikeProducer, likes: readonly Like[]): Promise<Outcomes> {
  return await producer.send(likes).then(
    () => likes.map(() => 'ok' as const),
    (error: SendError) => error.outcomes,
  );
}

/** Sends new likes until a whole send is acknowledged, and returns the likes of that one. */
async function sendsAgain(producer: LikeProducer): Promise<Like[]> {
  const deadlineMs = performance.now() + RECOVERY_LIMIT_MS;
  while (performance.now() < deadlineMs) {
    const likes = madeLikes(100);
    if ((await outcomesOf(producer, likes)).every((outcome) => outcome === 'ok')) return likes;
    await sleep(RESEND_PAUSE_MS);
  }
  throw new Error(`no send was acknowledged within ${RECOVERY_LIMIT_MS} ms after the cut`);
}

const bytesOf = (likes: readonly Like[]): number =>
  likes.reduce((sum, like) => sum + Buffer.byteLength(encodeLike(like)), 0);

const passedThrough = Object.keys(BROKERS).filter((name) => name !== 'null');

describe.each(passedThrough)('%s behind a proxy', (name) => {
  const entry = BROKERS[name]!;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let proxy: NetworkProxy;
  let server: LocalServer;
  /** Past the proxy, as the lab looks after queues, and through it, as workers do their work. */
  let past: Broker;
  let through: Broker;

  beforeAll(async () => {
    folder = await temporaryFolder();
    proxy = await openProxy();
    const tier = entry.tiers[0]!;
    const { port: proxyPort } = proxy;
    server = await startLocalServer(entry.server, { tier, folder: folder.path, proxyPort });
    proxy.passTo(server.behindProxy!);
    past = await entry.open({ address: server.address, tier });
    through = await entry.open({ address: proxy.address, tier });
  });
  afterAll(async () => {
    await past?.[Symbol.asyncDispose]();
    await through?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function freshQueue(): Promise<string> {
    const queue = freshName();
    await past.createQueue(queue, { lanes: LANES });
    return queue;
  }

  test('all that a consumer is given and all that a producer sends goes through it', async () => {
    const queue = await freshQueue();
    const inbox = new Inbox();
    await using _consumer = await through.openConsumer(queue, inbox.handle);
    const sentPast = madeLikes(500);
    const before = proxy.counts().passedBytes.replies;
    {
      await using producer = await past.openProducer(queue);
      await producer.send(sentPast);
    }
    await inbox.has(sentPast);
    await drained(past, queue);
    expect(proxy.counts().passedBytes.replies - before).toBeGreaterThan(bytesOf(sentPast));

    await using producer = await through.openProducer(queue);
    await producer.send(madeLikes(10));
    await drained(past, queue);
    const arrived = inbox.likes.length;
    const sentThrough = madeLikes(100);
    proxy.cut('both');
    const sent = producer.send(sentThrough);
    // FIFO producers send the likes of a post one after the other, so the first of each at least.
    const atOnce = bytesOf(sentThrough.slice(0, 40));
    await until('the send is held', SETTLE_LIMIT_MS, () => {
      return proxy.counts().heldBytes.requests > atOnce;
    });
    expect(await past.backlog(queue)).toMatchObject({ waiting: 0, unacknowledged: 0 });
    expect(inbox.likes).toHaveLength(arrived);
    proxy.heal();
    await sent;
    await inbox.has(sentThrough);
    await drained(past, queue);
  });

  test('a send whose answer is lost ends in time, and the next ones go through', async () => {
    const queue = await freshQueue();
    const inbox = new Inbox();
    await using consumer = await through.openConsumer(queue, inbox.handle);
    await using producer = await through.openProducer(queue);
    await producer.send(madeLikes(500));
    const likes = madeLikes(500);
    const before = proxy.counts().passedBytes;
    proxy.cut('replies');
    const sent = outcomesOf(producer, likes);
    const over = new AbortController();
    await Promise.race([sent, sleep(CUT_MS, undefined, { signal: over.signal })]);
    over.abort();
    const during = proxy.counts();
    proxy.heal();
    const outcomes = await Promise.race([sent, sleep(SETTLE_LIMIT_MS, 'no answer' as const)]);
    expect(outcomes).not.toBe('no answer');
    expect(during.passedBytes.requests - before.requests).toBeGreaterThan(0);
    expect(during.passedBytes.replies).toBe(before.replies);
    expect(during.heldBytes.replies).toBeGreaterThan(0);

    const next = await sendsAgain(producer);
    const acknowledged = likes.filter((_, index) => outcomes[index] === 'ok');
    await inbox.has([...acknowledged, ...next]);
    await drained(past, queue);
    await consumer.stop();
    const refused = new Set(likes.filter((_, index) => outcomes[index] === 'fail').map(idOf));
    expect(inbox.likes.filter((like) => refused.has(idOf(like)))).toEqual([]);
  });

  test('connections that are reset during a send are opened again', async () => {
    const queue = await freshQueue();
    const inbox = new Inbox();
    await using _consumer = await through.openConsumer(queue, inbox.handle);
    await using producer = await through.openProducer(queue);
    const first = madeLikes(500);
    const sent = outcomesOf(producer, first);
    expect(proxy.reset()).toBeGreaterThan(0);
    const outcomes = await sent;
    const next = await sendsAgain(producer);
    const acknowledged = first.filter((_, index) => outcomes[index] === 'ok');
    await inbox.has([...acknowledged, ...next]);
    await drained(past, queue);
  });
});
