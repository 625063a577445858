import { expect, test } from 'vitest';
import { BROKERS } from '../../brokers/index.ts';
import { testBroker } from '../broker-contract.ts';
import { type BrokerUnderTest, drained, Inbox, madeLikes } from './broker-under-test.ts';
import { SQS_FACTS, sqsAt, urlOf } from './sqs-under-test.ts';

testBroker('sqs', SQS_FACTS, (subject: BrokerUnderTest) => {
  test('names that hold what SQS takes from nobody arrive all the same', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const [like] = madeLikes(1);
    const odd = { ...like!, post: '\ufffe\uffff\ud800', user: '\u0001\u007f' };
    await producer.send([odd]);
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has([odd]);
    expect(inbox.likes[0]).toEqual(odd);
  });

  test('a reason that SQS takes from nobody is kept but for those characters', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const text = JSON.stringify({ format: 1, action: 'a\ufffe' }).replace('\ufffe', '\\ufffe');
    await broker.post(queue, [text]);
    await using _consumer = await broker.openConsumer(queue, async () => {});
    await drained(broker, queue);
    const [letter] = await broker.parked(queue);
    expect(letter).toMatchObject({ text, reason: expect.stringContaining('a?') });
  });

  test('dead letters can be read again and again, and stay where they are', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const texts = Array.from({ length: 25 }, (_, index) => `no like ${index}`);
    await broker.post(queue, texts);
    await using _consumer = await broker.openConsumer(queue, async () => {});
    await drained(broker, queue);
    for (const _time of ['first', 'second']) {
      const parked = await broker.parked(queue);
      expect(parked.map(({ text }) => text).sort()).toEqual(texts.toSorted());
      expect(await broker.backlog(queue)).toMatchObject({ parked: 25 });
    }
  });

  test('what the redrive policy moved is among the dead letters, and says so', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const sqs = sqsAt(subject.server.address);
    const QueueUrl = await urlOf(sqs, queue);
    const policy = JSON.parse((await broker.settings(queue)).RedrivePolicy!);
    expect(policy).toMatchObject({ maxReceiveCount: 1_000 });
    const RedrivePolicy = JSON.stringify({ ...policy, maxReceiveCount: 1 });
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { RedrivePolicy } });
    await sqs.sendMessage({ QueueUrl, MessageBody: 'deadly' });
    const once = await sqs.receiveMessage({ QueueUrl, VisibilityTimeout: 0 });
    expect(once.Messages).toHaveLength(1);
    await using _consumer = await broker.openConsumer(queue, async () => {});
    await drained(broker, queue);
    sqs.destroy();
    const [letter] = await broker.parked(queue);
    expect(letter).toMatchObject({ text: 'deadly', reason: expect.stringContaining('received') });
  });

  test('deleting a queue leaves none behind', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const sqs = sqsAt(subject.server.address);
    const named = async () => (await sqs.listQueues({ QueueNamePrefix: queue })).QueueUrls ?? [];
    expect(await named()).toHaveLength(2);
    await broker.deleteQueue(queue);
    expect(await named()).toEqual([]);
    sqs.destroy();
  });
});

test('sqs claims no tier power, since ElasticMQ never waits for the disk', () => {
  expect(BROKERS.sqs!.tiers).toEqual(['kill', 'memory']);
});
