import { type Admin, Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { encodeLike } from '../../likes/like.ts';
import { testBroker } from '../broker-contract.ts';
import { type BrokerFacts, drained, Inbox, idsOf, LANES, madeLikes } from './broker-under-test.ts';

/** kafkajs gives a batch up after 6 tries and starts the whole consumer anew, after 300 ms. */
const OUTAGES_BEYOND_RETRIES = 8;
/** Its pauses between tries grow to 5 s: these are about 12 s in all. */
const OUTAGE_LIMIT_MS = 60_000;

function clientOf(address: string): Kafka {
  return new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
}

/** A value of null is a tombstone, which a compacted topic of somebody else may hold. */
async function sendRaw(
  address: string,
  topic: string,
  values: readonly (string | null)[],
): Promise<void> {
  const producer = clientOf(address).producer();
  await producer.connect();
  const messages = values.map((value) => ({ partition: 0, key: 'post', value }));
  await producer.send({ topic, messages });
  await producer.disconnect();
}

const FACTS: BrokerFacts = {
  sendRaw,
  takeoverMs: 10_000,
  // The group keeps the place of the broken connection until its session has run out.
  readerRecoveryMs: 10_000,
  // Five retries with growing pauses, each after a refused connection; 17 s were measured.
  sendLimitMs: 30_000,
  connectLimitMs: 60_000,
  // kafkajs takes an unknown topic for one that is still being made, and asks for ever.
  consumerNoticesDeletion: false,
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
    await sendRaw(subject.server.address, queue, [null, encodeLike(like!)]);
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has([like!]);
    await drained(broker, queue);
    expect(await broker.parked(queue)).toMatchObject([{ text: '', reason: /^not JSON/ }]);
  });

  test('a queue has as many partitions as lanes, and a dead-letter topic', async () => {
    const queue = await subject.freshQueue();
    await using asked = await admin();
    expect(await asked.client.fetchTopicOffsets(queue)).toHaveLength(LANES);
    expect(await asked.client.fetchTopicOffsets(`${queue}.dead-letters`)).toHaveLength(1);
  });
});
