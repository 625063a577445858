import { type Admin, Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import type { LogEntry } from '../../brokers/broker.ts';
import { BROKERS } from '../../brokers/index.ts';
import { encodeLike } from '../../likes/like.ts';
import { testBroker } from '../broker-contract.ts';
import { testPlaces } from '../broker-contract-places.ts';
import { type BrokerFacts, drained, Inbox, idsOf, LANES, madeLikes } from './broker-under-test.ts';

/** kafkajs gives a batch up after 6 tries and starts the whole consumer anew, after 300 ms. */
const OUTAGES_BEYOND_RETRIES = 8;
/** Its pauses between tries grow to 5 s: these are about 12 s in all. */
const OUTAGE_LIMIT_MS = 60_000;

function clientOf(address: string): Kafka {
  return new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
}

const FACTS: BrokerFacts = {
  takeoverMs: 10_000,
  // The group keeps the place of the broken connection until its session has run out.
  readerRecoveryMs: 10_000,
  // Five retries with growing pauses, each after a refused connection; 17 s were measured.
  sendLimitMs: 30_000,
  connectLimitMs: 60_000,
  // kafkajs takes an unknown topic for one that is still being made, and asks for ever.
  consumerNoticesDeletion: false,
  // The broker's `message.max.bytes` is 12 bytes more, and its own of a message are more than that.
  tooManyBytes: 1024 ** 2,
  decisiveSettings: {
    kill: { 'flush.messages': '9223372036854775807', 'min.insync.replicas': '1' },
    power: { 'flush.messages': '1', 'min.insync.replicas': '1' },
  },
};

test('kafkajs runs with the retries that it has outside of tests', () => {
  // biome-ignore lint/style/noProcessEnv: kafkajs reads it when it is loaded.
  expect(process.env.NODE_ENV).not.toBe('test');
});

testBroker('kafka', FACTS, (subject) => {
  testPlaces(subject);

  async function admin(): Promise<AsyncDisposable & { client: Admin }> {
    const client = clientOf(subject.server.address).admin();
    await client.connect();
    return { client, [Symbol.asyncDispose]: () => client.disconnect() };
  }

  test('a store that is away longer than kafkajs tries costs no like', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(100, { posts: 1 });
    await producer.send(likes);
    let outages = 0;
    const inbox = new Inbox(async () => {
      if (outages === OUTAGES_BEYOND_RETRIES) return;
      outages += 1;
      throw new Error('the store is away');
    });
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes, OUTAGE_LIMIT_MS);
    await drained(broker, queue);
    expect(outages).toBe(OUTAGES_BEYOND_RETRIES);
    expect(await broker.parked(queue)).toEqual([]);
  });

  test('a consumer hands over no more likes at once than it was told to', async () => {
    const { address, tier } = subject.server;
    await using broker = await BROKERS.kafka!.open({ address, tier, likesPerBatchMax: 30 });
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(100, { posts: 1 });
    await producer.send(likes);
    const sizes: number[] = [];
    const inbox = new Inbox(async ({ length }) => void sizes.push(length));
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes);
    await drained(broker, queue);
    expect(sizes).toEqual([30, 30, 30, 10]);
  });

  test('the backlog is what is not committed: likes in hand still wait', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    await producer.send(madeLikes(100, { posts: 1 }));
    const given = Promise.withResolvers<void>();
    const store = Promise.withResolvers<void>();
    await using _consumer = await broker.openConsumer(queue, () => {
      given.resolve();
      return store.promise;
    });
    await given.promise;
    const inHand = await broker.backlog(queue);
    store.resolve();
    expect(inHand).toEqual({ waiting: 100, unacknowledged: 0, parked: 0 });
    await drained(broker, queue);
  });

  test('reclaim frees what is counted and nothing else', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using asked = await admin();
    const firstOffsets = async () =>
      (await asked.client.fetchTopicOffsets(queue)).reduce((sum, { low }) => sum + Number(low), 0);
    await using producer = await broker.openProducer(queue);
    const counted = madeLikes(200);
    await producer.send(counted);
    await broker.reclaim(queue);
    expect(await firstOffsets()).toBe(0);
    {
      await using _consumer = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    const waiting = madeLikes(300);
    await producer.send(waiting);
    await broker.reclaim(queue);
    await broker.reclaim(queue);
    expect(await firstOffsets()).toBe(200);
    expect(await broker.backlog(queue)).toMatchObject({ waiting: 300 });
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(waiting);
    expect(idsOf(inbox.likes)).toEqual(idsOf(waiting));
  });

  test('a record without a value is parked like any other that is no like', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const [like] = madeLikes(1);
    // A tombstone, which a compacted topic of somebody else may hold.
    const producer = clientOf(subject.server.address).producer();
    await producer.connect();
    const messages = [null, encodeLike(like!)].map((value) => ({ partition: 0, value }));
    await producer.send({ topic: queue, messages });
    await producer.disconnect();
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has([like!]);
    await drained(broker, queue);
    expect(await broker.parked(queue)).toMatchObject([{ text: '', reason: /^not JSON/ }]);
  });

  test('the log holds what was sent until the call, counted or not, lane by lane', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(3_000);
    await producer.send(likes);
    await broker.post(queue, ['no like']);
    {
      await using _consumer = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    const later = madeLikes(2_000);
    const entries: LogEntry[] = [];
    for await (const entry of broker.readLog!(queue)) {
      // By now the end is known. Most of what is read now was not there then.
      if (entries.length === 0) await producer.send(later);
      entries.push(entry);
    }
    const sent = [...likes.map(encodeLike), 'no like'];
    expect(entries.map(({ text }) => text).sort()).toEqual(sent.sort());
    const lanes = Map.groupBy(entries, ({ lane }) => lane);
    expect([...lanes.keys()].sort()).toEqual([0, 1, 2, 3]);
    for (const ofLane of lanes.values()) {
      expect(ofLane.map(({ position }) => position)).toEqual([...ofLane.keys()]);
    }
    await broker.reclaim(queue);
    const rest: string[] = [];
    for await (const { text } of broker.readLog!(queue)) rest.push(text);
    expect(rest.sort()).toEqual(later.map(encodeLike).sort());
  });

  test('whoever reads some of the log and no more takes nothing from anybody', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    await producer.send(madeLikes(4_000));
    for await (const { position } of broker.readLog!(queue)) {
      if (position === 10) break;
    }
    expect(await broker.backlog(queue)).toMatchObject({ waiting: 4_000 });
  });

  test('letters that are together more than the topic takes are parked all the same', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const producer = clientOf(subject.server.address).producer();
    await producer.connect();
    // So large that one fetch brings as many as one call of the store takes, 7,500.
    const filling = 'x'.repeat(90);
    const values = Array.from(
      { length: 8_000 },
      (_, index) => `{"event":${index}, "${filling}":1}`,
    );
    const messages = values.map((value) => ({ partition: 0, value }));
    await producer.send({ topic: queue, messages });
    await producer.disconnect();
    await using _consumer = await broker.openConsumer(queue, async () => {});
    await drained(broker, queue);
    const parked = await broker.parked(queue);
    expect(parked.map(({ text }) => text)).toEqual(values);
    expect(new Set(parked.map(({ reason }) => reason)).size).toBe(1);
    const { text, reason } = parked[0]!;
    expect(7_500 * (text.length + reason.length)).toBeGreaterThan(1024 ** 2);
  });

  test('a dead letter goes back under the key that it had', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const kafka = clientOf(subject.server.address);
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: queue, messages: [{ key: 'post-1', value: 'no like' }] });
    await producer.disconnect();
    {
      await using _consumer = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    expect(await broker.redrive(queue)).toEqual({ redriven: 1 });
    const lanes: number[] = [];
    for await (const { lane } of broker.readLog!(queue)) lanes.push(lane);
    expect(lanes).toHaveLength(2);
    expect(lanes[0]).toBe(lanes[1]);
  });

  test('a log that lost its beginning says so, and no group that read again is left', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using asked = await admin();
    await using producer = await broker.openProducer(queue);
    await producer.send(madeLikes(400));
    {
      await using again = await broker.reread!(queue);
      await using _counting = await broker.openConsumer(queue, async () => {});
      await using _second = await again.openConsumer(async () => {});
      await drained(broker, queue);
    }
    const { groups } = await asked.client.listGroups();
    const left = groups.map(({ groupId }) => groupId).filter((group) => group.startsWith(queue));
    expect(left).toEqual([`${queue}.like-counters`]);
    const topics = (await asked.client.listTopics()).filter((topic) => topic.startsWith(queue));
    expect(topics.sort()).toEqual([queue, `${queue}.dead-letters`]);
    await broker.reclaim(queue);
    await using short = await broker.reread!(queue);
    expect(short.messages).toBe(0);
    expect(short.gaps.reduce((sum, { gone }) => sum + gone!, 0)).toBe(400);
    expect(short.gaps[0]!.begins).toMatch(/^offset \d+$/);
  });

  test('a queue has as many partitions as lanes, and a dead-letter topic', async () => {
    const queue = await subject.freshQueue();
    await using asked = await admin();
    expect(await asked.client.fetchTopicOffsets(queue)).toHaveLength(LANES);
    expect(await asked.client.fetchTopicOffsets(`${queue}.dead-letters`)).toHaveLength(1);
  });
});
