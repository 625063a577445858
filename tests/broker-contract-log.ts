/** The part of the broker contract about reading again what has been acknowledged. */
import { expect, test } from 'vitest';
import { BROKERS } from '../brokers/index.ts';
import {
  ARRIVAL_LIMIT_MS,
  type BrokerUnderTest,
  drained,
  freshName,
  Inbox,
  LANES,
  madeLikes,
  until,
} from './brokers/broker-under-test.ts';

const LIKES = 2_500;

export function testLog(name: string, subject: BrokerUnderTest): void {
  if (BROKERS[name]!.readsOnceBecause === undefined) testReread(subject);
  else testReadsOnce(subject);
}

function testReadsOnce(subject: BrokerUnderTest): void {
  test('a queue that keeps its log is refused, and nobody offers to read one again', async () => {
    const { broker } = subject;
    const queue = freshName();
    const created = broker.createQueue(queue, { lanes: LANES, keepsLog: true });
    await expect(created).rejects.toMatchObject({ code: 'LOG_UNKNOWN' });
    expect(await broker.hasQueue(queue)).toBe(false);
    expect(broker.reread).toBeUndefined();
  });
}

function testReread(subject: BrokerUnderTest): void {
  test('a queue that keeps its log is read again whole by a group of its own', async () => {
    const { broker } = subject;
    const queue = freshName();
    await broker.createQueue(queue, { lanes: LANES, keepsLog: true });
    expect(await broker.keepsLog!(queue)).toBe(true);
    expect(await broker.keepsLog!(await subject.freshQueue())).toBe(false);
    const likes = madeLikes(LIKES);
    await using producer = await broker.openProducer(queue);
    await producer.send(likes);
    await broker.post(queue, ['no like']);
    {
      await using _counting = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    const counted = { waiting: 0, unacknowledged: 0, parked: 1 };
    await using again = await broker.reread!(queue);
    expect(again).toMatchObject({ messages: LIKES + 1, gaps: [] });
    expect(await again.progress()).toMatchObject({ isDone: false, parked: 0 });
    const inbox = new Inbox();
    {
      await using _consumer = await again.openConsumer(inbox.handle);
      await inbox.has(likes, ARRIVAL_LIMIT_MS);
      await until('all is acknowledged', ARRIVAL_LIMIT_MS, async () => {
        return (await again.progress()).isDone;
      });
    }
    const rest = { isDone: true, hasGrown: false, hasShrunk: false, parked: 1 };
    expect(await again.progress()).toEqual(rest);
    // Nothing of it touches the group that counts, nor its dead letters.
    expect(await broker.backlog(queue)).toEqual(counted);
    await producer.send(likes.slice(0, 1));
    expect(await again.progress()).toMatchObject({ isDone: true, hasGrown: true });
    expect(await broker.backlog(queue)).toEqual({ ...counted, waiting: 1 });
  });
}
