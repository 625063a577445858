import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { progressOf } from '../../brokers/kafka-reread.ts';
import {
  ARRIVAL_LIMIT_MS,
  drained,
  freshName,
  Inbox,
  LANES,
  madeLikes,
  until,
  useBroker,
} from './broker-under-test.ts';

const BEFORE = [
  { partition: 0, from: 0n, to: 10n },
  { partition: 1, from: 0n, to: 0n },
];
const EMPTY = { partition: 1, first: 0n, committed: 0n, end: 0n };

describe('a second reading', () => {
  test.each<[string, Partial<{ first: bigint; committed: bigint; end: bigint }>, object]>([
    ['nothing is committed', { committed: 0n }, { isDone: false }],
    ['all but the last is committed', { committed: 9n }, { isDone: false }],
    ['all is committed', {}, { isDone: true, hasGrown: false, hasShrunk: false }],
    ['more has come', { end: 11n }, { isDone: true, hasGrown: true }],
    ['the beginning is gone meanwhile', { first: 3n }, { isDone: true, hasShrunk: true }],
  ])('is told by offsets: %s', (_what, now, wanted) => {
    const position = { partition: 0, first: 0n, committed: 10n, end: 10n, ...now };
    expect(progressOf(BEFORE, [EMPTY, position])).toMatchObject(wanted);
  });

  test('of a partition that is not there any more is never done', () => {
    const gone = { isDone: false, hasGrown: true, hasShrunk: true };
    expect(progressOf(BEFORE, [EMPTY])).toEqual(gone);
  });
});

describe('a queue on a real server', () => {
  const subject = useBroker('kafka', 'kill');

  test('is read again whole by a group of its own, and says when its beginning is gone', async () => {
    const { broker, server } = subject;
    const queue = freshName();
    await broker.createQueue(queue, { lanes: LANES, keepsLog: true });
    const likes = madeLikes(2_500);
    await using producer = await broker.openProducer(queue);
    await producer.send(likes);
    await broker.post(queue, ['no like']);
    {
      await using _counting = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    const admin = new kafkajs.Kafka({ brokers: [server.address] }).admin();
    await admin.connect();
    const groupsNow = async () => {
      const { groups } = await admin.listGroups();
      return groups.map(({ groupId }) => groupId).filter((name) => name.startsWith(queue));
    };
    {
      await using again = await broker.reread!(queue);
      expect(again).toMatchObject({ messages: 2_501, gaps: [] });
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
      expect(await groupsNow()).toHaveLength(2);
      expect(await broker.backlog(queue)).toEqual({ waiting: 0, unacknowledged: 0, parked: 1 });
    }
    expect(await groupsNow()).toEqual([`${queue}.like-counters`]);
    const topics = (await admin.listTopics()).filter((name) => name.startsWith(queue));
    expect(topics.sort()).toEqual([queue, `${queue}.dead-letters`]);
    await admin.disconnect();
    await broker.reclaim(queue);
    await using short = await broker.reread!(queue);
    expect(short.messages).toBe(0);
    expect(short.gaps.reduce((sum, { gone }) => sum + gone!, 0)).toBe(2_501);
    expect(short.gaps[0]!.begins).toMatch(/^offset \d+$/);
  });
});
