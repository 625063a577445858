/**
 * What the variants of controls/ lack, shown without the lab's own faults and checker: each meets
 * the moment that it cannot stand, and what it was given is compared with what it counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Broker } from '../../brokers/broker.ts';
import { diskLibrary, whyNoDiskLibrary } from '../../brokers/servers/local/disk/disk-library.ts';
import { openProxy } from '../../lab/faults/proxy.ts';
import type { Like } from '../../likes/like.ts';
import { openStore } from '../../store/open-store.ts';
import { drained, Inbox, idsOf, madeLikes, until } from '../brokers/broker-under-test.ts';
import { openLoad } from './controls/load.ts';
import { useServer } from './controls/use-server.ts';

const WAIT_LIMIT_MS = 60_000;
const LIKES = 100;
/** Longer than the variant waits for an answer, so that it tries again meanwhile. */
const REPLIES_CUT_MS = 2_500;

const whyNotCut =
  (await diskLibrary(() => undefined)) === undefined ? whyNoDiskLibrary() : undefined;

/** The ids of those likes that were acknowledged and never arrived. */
function lostOf(acknowledged: readonly Like[], inbox: Inbox): string[] {
  const arrived = new Set(idsOf(inbox.likes));
  return idsOf(acknowledged).filter((id) => !arrived.has(id));
}

async function send(broker: Broker, queue: string, likes: readonly Like[]): Promise<void> {
  await using producer = await broker.openProducer(queue);
  await producer.send(likes);
}

describe.concurrent('a consumer that dies with likes in its hands', () => {
  const redis = useServer('redis', 'kill');

  test.for(['xreadgroup-noack', 'ack-before-store'] as const)(
    'takes them along: %s',
    async (variant) => {
      await using broker = await redis.open(variant, 'kill');
      const queue = await redis.queueOf(broker);
      const before = madeLikes(LIKES);
      {
        await send(broker, queue, before);
        await using victim = redis.holding(variant, queue, 'kill');
        await victim.says('holding');
        await drained(broker, queue);
        await victim.kill();
      }
      // By the template as it is: what is gone by now, nobody could bring back.
      await using template = await redis.open('redis-no-aof', 'kill');
      const inbox = new Inbox();
      await using _successor = await template.openConsumer(queue, inbox.handle);
      const after = madeLikes(LIKES);
      await send(broker, queue, after);
      await inbox.has(after);
      await drained(broker, queue);
      expect(lostOf([...before, ...after], inbox)).toEqual(idsOf(before));
    },
  );

  test('has them counted by nobody: shared-stream-offset-gate', async () => {
    const variant = 'shared-stream-offset-gate';
    await using broker = await redis.open(variant, 'kill');
    const queue = await redis.queueOf(broker);
    const before = madeLikes(LIKES);
    const after = madeLikes(LIKES);
    const inbox = new Inbox();
    await send(broker, queue, before);
    await using victim = redis.holding(variant, queue, 'kill');
    await victim.says('holding');
    await using _other = await broker.openConsumer(queue, inbox.handle);
    await send(broker, queue, after);
    await inbox.has(after);
    await victim.kill();
    await drained(broker, queue);
    expect(lostOf([...before, ...after], inbox)).toEqual(idsOf(before));
  });

  test('and another one that dies with the same, has them parked: bullmq-defaults', async () => {
    const variant = 'bullmq-defaults';
    await using broker = await redis.open(variant, 'kill');
    const queue = await redis.queueOf(broker);
    await send(broker, queue, madeLikes(LIKES));
    for (const _death of ['first', 'second']) {
      await using victim = redis.holding(variant, queue, 'kill');
      await victim.says('holding', WAIT_LIMIT_MS);
      await until('all of them are in its hands', WAIT_LIMIT_MS, async () => {
        const { waiting, unacknowledged } = await broker.backlog(queue);
        return waiting === 0 && unacknowledged === LIKES;
      });
      await victim.kill();
    }
    const inbox = new Inbox();
    await using _third = await broker.openConsumer(queue, inbox.handle);
    await drained(broker, queue);
    expect(await broker.backlog(queue)).toMatchObject({ parked: LIKES });
    expect((await broker.parked(queue))[0]!.reason).toContain('stalled more than allowable limit');
    expect(inbox.likes).toEqual([]);
  });
});

describe('on Redis', () => {
  const redis = useServer('redis', 'kill');

  test('what a dead consumer left pending stays there: no-xautoclaim', async () => {
    await using broker = await redis.open('no-xautoclaim', 'kill');
    const queue = await redis.queueOf(broker);
    {
      await send(broker, queue, madeLikes(LIKES));
      await using victim = redis.holding('no-xautoclaim', queue, 'kill');
      await victim.says('holding');
      await victim.kill();
    }
    const inbox = new Inbox();
    await using _successor = await broker.openConsumer(queue, inbox.handle);
    const after = madeLikes(LIKES);
    await send(broker, queue, after);
    // These are in every lane, so it has won every lane, and asked for what it had to take over.
    await inbox.has(after);
    await until('what it has counted is acknowledged', WAIT_LIMIT_MS, async () => {
      const { waiting, unacknowledged } = await broker.backlog(queue);
      return waiting === 0 && unacknowledged === LIKES;
    });
    expect(idsOf(inbox.likes)).toEqual(idsOf(after));
  });

  test('a batch that comes again is counted again: no-marks', async () => {
    await using broker = await redis.open('no-marks', 'kill');
    const queue = await redis.queueOf(broker);
    await using store = await openStore({ folder: `${redis.folder}/store-no-marks`, shards: 3 });
    let deliveries = 0;
    await using _consumer = await broker.openConsumer(queue, async (likes) => {
      await store.apply(likes);
      deliveries += likes.length;
      if (deliveries <= LIKES) throw new Error('the answer of the store is lost');
    });
    await send(broker, queue, madeLikes(LIKES));
    await until('they have come again', WAIT_LIMIT_MS, () => deliveries >= 2 * LIKES);
    await drained(broker, queue);
    const { likes, unlikes, marks } = await store.totals();
    expect({ counted: likes + unlikes, marks }).toEqual({ counted: deliveries, marks: LIKES });
  });

  test('an outage of the store parks what could be counted: bullmq-defaults', async () => {
    await using broker = await redis.open('bullmq-defaults', 'kill');
    const queue = await redis.queueOf(broker);
    const inbox = new Inbox(() => Promise.reject(new Error('the disk is full')));
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await send(broker, queue, madeLikes(LIKES));
    await drained(broker, queue);
    expect(await broker.backlog(queue)).toMatchObject({ parked: LIKES });
  });
});

describe.each([
  ['redis', 'redis-no-aof'],
  ['elasticmq', 'sqs-no-storage'],
] as const)('%s that keeps nothing on disk', (name, variant) => {
  const subject = useServer(name, 'memory');

  test(`forgets with its death what it acknowledged: ${variant}`, async () => {
    await using broker = await subject.open(variant, 'kill');
    const queue = await subject.queueOf(broker);
    await send(broker, queue, madeLikes(LIKES));
    expect((await broker.backlog(queue)).waiting).toBe(LIKES);
    await subject.server.kill();
    await subject.server.start();
    expect(await broker.hasQueue(queue)).toBe(false);
  });
});

describe('on Kafka', () => {
  const kafka = useServer('kafka', 'kill', { proxy: openProxy });

  test('likes are taken for copies of others: kafkajs-concurrent-idempotent', async () => {
    const variant = 'kafkajs-concurrent-idempotent';
    await using broker = await kafka.open(variant, 'kill');
    await using proxied = await kafka.open(variant, 'kill', kafka.proxy.address);
    const queue = await kafka.queueOf(broker);
    await using load = await openLoad(proxied, queue);
    await until('the load is under way', WAIT_LIMIT_MS, () => load.acknowledged.length > LIKES);
    kafka.proxy.cut('replies');
    await sleep(REPLIES_CUT_MS);
    kafka.proxy.heal();
    const { length } = load.acknowledged;
    await until('the load goes on', WAIT_LIMIT_MS, () => load.acknowledged.length > length + LIKES);
    await load.end();
    expect((await lostThrough(broker, queue, load.acknowledged)).length).toBeGreaterThan(0);
  });

  test('nobody hears of likes that the server did not get: kafka-acks-0', async () => {
    await using broker = await kafka.open('kafka-acks-0', 'kill');
    const queue = await kafka.queueOf(broker);
    await using load = await openLoad(broker, queue);
    await until('the load is under way', WAIT_LIMIT_MS, () => load.acknowledged.length > LIKES);
    await kafka.server.kill();
    await kafka.server.start();
    await load.end();
    expect((await lostThrough(broker, queue, load.acknowledged)).length).toBeGreaterThan(0);
  });
});

describe.skipIf(whyNotCut !== undefined).each([
  ['redis', 'everysec', 'redis-everysec'],
  ['kafka', 'kill', 'kafka-default-flush'],
] as const)(`a power cut of %s (disk library: ${whyNotCut ?? 'there'})`, (name, tier, variant) => {
  const subject = useServer(name, tier, { disk: true });

  test(`takes what was acknowledged a moment before: ${variant}`, async () => {
    const { server } = subject;
    await using broker = await subject.open(variant, 'power');
    expect(broker.tier).toBe('power');
    const queue = await subject.queueOf(broker);
    const likes = madeLikes(LIKES);
    await send(broker, queue, likes);
    await server.kill();
    await server.disk!.cutBack!();
    await server.start();
    // Of Redis a moment can be so much that the queue is gone as well.
    const isThere = await broker.hasQueue(queue);
    const lost = isThere ? await lostThrough(broker, queue, likes) : idsOf(likes);
    expect(lost.length).toBeGreaterThan(0);
  });
});

/** Counts what is in the queue to its end, and names what is missing. */
async function lostThrough(broker: Broker, queue: string, acknowledged: readonly Like[]) {
  const inbox = new Inbox();
  await using _consumer = await broker.openConsumer(queue, inbox.handle);
  await drained(broker, queue);
  return lostOf(acknowledged, inbox);
}
