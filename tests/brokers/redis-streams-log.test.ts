import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { gapOf, type LaneFacts, progressOf } from '../../brokers/redis-streams-log.ts';
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

const LANE: LaneFacts = {
  entries: 3,
  first: '5-0',
  last: '9-2',
  added: undefined,
  position: '9-2',
  pending: undefined,
};

describe('a lane’s log', () => {
  test('is whole when as many entries are there as were ever added', () => {
    expect(gapOf(0, { ...LANE, added: 3 }, false)).toBeUndefined();
    expect(gapOf(0, { ...LANE, added: 3, position: '0-0' }, true)).toBeUndefined();
  });

  test('is short by what was added and is not there, whatever its consumers were told', () => {
    const gap = { lane: 2, begins: 'entry 5-0', gone: 4 };
    expect(gapOf(2, { ...LANE, added: 7 }, false)).toEqual(gap);
    expect(gapOf(2, { ...LANE, added: 7 }, true)).toEqual(gap);
    const empty = { ...LANE, entries: 0, first: undefined, last: undefined, added: 7 };
    expect(gapOf(2, empty, false)).toEqual({ lane: 2, begins: 'nothing', gone: 7 });
  });

  test('before Redis 7 is taken for whole only where nobody trims it or nobody was given any', () => {
    expect(gapOf(0, LANE, true)).toBeUndefined();
    expect(gapOf(0, { ...LANE, position: '0-0' }, false)).toBeUndefined();
    expect(gapOf(1, LANE, false)).toEqual({ lane: 1, begins: 'entry 5-0', gone: undefined });
  });

  test.each<[string, Partial<LaneFacts>, boolean]>([
    ['nothing was given out yet', { position: '0-0' }, false],
    ['the last entry was not given out', { position: '9-1' }, false],
    ['the last entry was given out and is pending', { pending: '9-2' }, false],
    ['an entry before the last one is pending', { pending: '5-0' }, false],
    ['all was given out and acknowledged', {}, true],
    ['only what came later is pending', { position: '10-0', pending: '9-3' }, true],
    ['ids are compared as numbers', { position: '10-0' }, true],
    ['the group is not there', { position: undefined }, false],
  ])('is read again when all of it is acknowledged: %s', (_what, now, isDone) => {
    expect(progressOf([LANE], [{ ...LANE, ...now }])).toMatchObject({ isDone });
    const empty = { ...LANE, entries: 0, first: undefined, last: undefined };
    expect(progressOf([empty, LANE], [empty, { ...LANE, ...now }])).toMatchObject({ isDone });
  });

  test('has grown or shrunk when its last or first entry is another', () => {
    const still = { hasGrown: false, hasShrunk: false };
    expect(progressOf([LANE], [LANE])).toMatchObject(still);
    expect(progressOf([LANE], [{ ...LANE, last: '9-3' }])).toMatchObject({ hasGrown: true });
    expect(progressOf([LANE], [{ ...LANE, first: '6-0' }])).toMatchObject({ hasShrunk: true });
    const gone = { ...LANE, entries: 0, first: undefined, last: undefined };
    expect(progressOf([LANE], [gone])).toMatchObject({ hasShrunk: true });
    expect(progressOf([gone], [LANE])).toMatchObject({ hasGrown: true, hasShrunk: false });
  });
});

describe('a queue on a real server', () => {
  const subject = useBroker('redis-streams', 'memory');

  test('that keeps its log is read again whole, also what cannot be counted', async () => {
    const { broker } = subject;
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
    const redis = new Redis(`redis://${subject.server.address}`);
    {
      await using again = await broker.reread!(queue);
      expect(again).toMatchObject({ messages: 2_501, gaps: [] });
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
      expect(await broker.backlog(queue)).toEqual({ waiting: 0, unacknowledged: 0, parked: 1 });
      await producer.send(likes.slice(0, 1));
      expect(await again.progress()).toMatchObject({ hasGrown: true });
      expect(await broker.backlog(queue)).toMatchObject({ waiting: 1 });
    }
    expect((await redis.keys(`${queue}:again*`)).length).toBe(0);
    expect(await redis.xinfo('GROUPS', `${queue}:0`)).toHaveLength(1);
    await broker.deleteQueue(queue);
    expect(await redis.keys(`${queue}*`)).toEqual([]);
    redis.disconnect();
  });

  test('whose consumers trim it says that its log has lost its beginning', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    await producer.send(madeLikes(2_000));
    {
      await using untouched = await broker.reread!(queue);
      expect(untouched).toMatchObject({ messages: 2_000, gaps: [] });
    }
    {
      await using _counting = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    await using again = await broker.reread!(queue);
    expect(again.messages).toBeLessThan(2_000);
    expect(again.gaps.map(({ lane }) => lane)).toEqual([0, 1, 2, 3]);
  });

  test('tells its backlog on both sides of the group’s position', async () => {
    const { broker } = subject;
    const queue = freshName();
    await broker.createQueue(queue, { lanes: 1, keepsLog: true });
    await using producer = await broker.openProducer(queue);
    const redis = new Redis(`redis://${subject.server.address}`);
    await producer.send(madeLikes(4_500));
    for (const [take, waiting] of [
      [0, 4_500],
      [1, 4_499],
      [999, 3_500],
      [1_000, 2_500],
      [2_000, 500],
      [500, 0],
    ] as const) {
      if (take > 0) {
        const limits = ['COUNT', take, 'STREAMS', `${queue}:0`, '>'] as const;
        await redis.xreadgroup('GROUP', 'like-counters', 'test', ...limits);
      }
      const backlog = await broker.backlog(queue);
      expect(backlog).toMatchObject({ waiting, unacknowledged: 4_500 - waiting });
    }
    redis.disconnect();
  });
});
