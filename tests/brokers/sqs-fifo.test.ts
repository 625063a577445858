import { expect, test } from 'vitest';
import { type Like, RefusedLikesError } from '../../likes/like.ts';
import { testBroker } from '../broker-contract.ts';
import { drained, Inbox, idsOf, madeLikes } from './broker-under-test.ts';
import { SQS_FACTS, sqsAt, urlOf } from './sqs-under-test.ts';

const FACTS = {
  ...SQS_FACTS,
  // The rest of a message group is locked as long as some of it is in somebody's hands.
  likesOfPostInHandMax: 10,
};

testBroker('sqs-fifo', FACTS, (subject) => {
  test('says that it is FIFO, and that only the ids sent tell copies', async () => {
    const queue = await subject.freshQueue();
    const shown = { FifoQueue: 'true', ContentBasedDeduplication: 'false' };
    expect(await subject.broker.settings(queue)).toMatchObject(shown);
  });

  test('a like that is sent twice is acknowledged twice and delivered once', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(60);
    await producer.send(likes);
    await producer.send(likes);
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await drained(broker, queue);
    expect(inbox.likes).toHaveLength(60);
    expect(idsOf(inbox.likes)).toEqual(idsOf(likes));
  });

  test('the order of a post outlives outages of the store and several consumers', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const stored: Like[] = [];
    let calls = 0;
    const handle = async (likes: Like[]) => {
      calls += 1;
      if (calls % 10 === 3) throw new Error('the store is away');
      stored.push(...likes);
    };
    const likes = madeLikes(1_000, { posts: 5 });
    await producer.send(likes);
    await using _one = await broker.openConsumer(queue, handle);
    await using _other = await broker.openConsumer(queue, handle);
    await drained(broker, queue);
    expect(idsOf(stored)).toEqual(idsOf(likes));
    for (const ofPost of Map.groupBy(stored, ({ post }) => post).values()) {
      const seqs = ofPost.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
  });

  test('a dead letter goes back into the group of its post, no like into one alone', async () => {
    const { broker, server } = subject;
    const queue = await subject.freshQueue();
    const odd = { ...madeLikes(1)[0]!, post: '日本語 \u{1f44d}' };
    await using producer = await broker.openProducer(queue);
    const sqs = sqsAt(server.address);
    const QueueUrl = await urlOf(sqs, `${queue}.fifo`);
    const MessageSystemAttributeNames = ['MessageGroupId' as const];
    const groupsOf = async () => {
      const asked = { QueueUrl, MessageSystemAttributeNames, MaxNumberOfMessages: 10 };
      const { Messages = [] } = await sqs.receiveMessage({ ...asked, VisibilityTimeout: 0 });
      return Messages.map(({ Attributes }) => Attributes!.MessageGroupId!);
    };
    await producer.send([odd]);
    const [group] = await groupsOf();
    await broker.post(queue, ['no like', 'nor this']);
    {
      await using _consumer = await broker.openConsumer(queue, async (likes) => {
        throw new RefusedLikesError(likes.map((_, index) => ({ index, reason: 'not yet' })));
      });
      await drained(broker, queue);
    }
    expect(await broker.redrive(queue)).toEqual({ redriven: 3 });
    const groups = await groupsOf();
    sqs.destroy();
    expect(groups).toContain(group);
    expect(new Set(groups).size).toBe(3);
  });
});
