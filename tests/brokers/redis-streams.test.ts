import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { encodeLike } from '../../likes/like.ts';
import { testBroker } from '../broker-contract.ts';
import { testMemoryLimit } from '../broker-contract-memory.ts';
import { testPlaces } from '../broker-contract-places.ts';
import {
  ARRIVAL_LIMIT_MS,
  type BrokerFacts,
  drained,
  FixtureProcess,
  freshName,
  Inbox,
  LANES,
  madeLikes,
  until,
} from './broker-under-test.ts';

const LEASE_MS = 10_000;
/** Redis trims whole nodes of its radix tree only, which hold this many entries. */
const ENTRIES_PER_NODE = 100;

const FACTS: BrokerFacts = {
  takeoverMs: LEASE_MS,
  readerRecoveryMs: 5_000,
  sendLimitMs: 2_000,
  connectLimitMs: 10_000,
  consumerNoticesDeletion: true,
  decisiveSettings: {
    memory: { appendonly: 'no', save: '' },
    everysec: { appendonly: 'yes', appendfsync: 'everysec' },
    kill: { appendonly: 'yes', appendfsync: 'no' },
    power: { appendonly: 'yes', appendfsync: 'always' },
  },
};

testBroker('redis-streams', FACTS, (subject) => {
  testPlaces(subject);

  function client(): Disposable & { redis: Redis } {
    const redis = new Redis(`redis://${subject.server.address}`);
    return { redis, [Symbol.dispose]: () => redis.disconnect() };
  }

  /** How many lanes each consumer owns by the server's word, fewest first. */
  async function shares(redis: Redis, queue: string): Promise<number[]> {
    const owners = Object.values(await redis.hgetall(`${queue}:owners`)).filter((id) => id !== '');
    return [...Map.groupBy(owners, (id) => id).values()].map(({ length }) => length).sort();
  }

  test('lanes are shared fairly, handed on by stop, and taken over from the dead', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    const owned = (wanted: number[], limitMs = ARRIVAL_LIMIT_MS) =>
      until(`the lanes are shared ${wanted.join(' and ')}`, limitMs, async () => {
        return String(await shares(asked.redis, queue)) === String(wanted);
      });
    await using producer = await broker.openProducer(queue);
    const inbox = new Inbox();
    await using _survivor = await broker.openConsumer(queue, inbox.handle);
    await owned([LANES]);

    const second = await broker.openConsumer(queue, async () => {});
    await owned([LANES / 2, LANES / 2]);
    await second.stop();
    await owned([LANES], LEASE_MS / 2);

    await using victim = new FixtureProcess('holding-consumer', subject.connection(queue));
    await owned([LANES / 2, LANES / 2]);
    const likes = madeLikes(400);
    await producer.send(likes);
    await victim.says('holding');
    await victim.kill();
    await inbox.has(likes, LEASE_MS + ARRIVAL_LIMIT_MS);
    await owned([LANES]);
    await drained(broker, queue);
  });

  test('what a sleeper read just before is taken over before what comes after it', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    const likes = madeLikes(3, { posts: 1 });
    const add = (index: number) =>
      asked.redis.xadd(`${queue}:0`, '*', 'like', encodeLike(likes[index]!));
    const asleep = Promise.withResolvers<void>();
    const inHand = Promise.withResolvers<void>();
    const inbox = new Inbox(async () => {
      inHand.resolve();
      await asleep.promise;
    });
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await add(0);
    await inHand.promise;
    // Woken up after its lease, it reads as if the lane were still its own, and sleeps again.
    await add(1);
    const [group] = (await asked.redis.xinfo('GROUPS', `${queue}:0`)) as string[][];
    const name = group![group!.indexOf('name') + 1]!;
    await asked.redis.xreadgroup('GROUP', name, 'sleeper', 'STREAMS', `${queue}:0`, '>');
    await add(2);
    asleep.resolve();
    await inbox.has(likes, ARRIVAL_LIMIT_MS);
    expect(inbox.likes.map(({ seq }) => seq)).toEqual([0, 1, 2]);
  });

  test('what is acknowledged leaves the memory of the server', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(8_000);
    await producer.send(likes);
    const lengths = () =>
      Promise.all(Array.from({ length: LANES }, (_, lane) => asked.redis.xlen(`${queue}:${lane}`)));
    const total = (found: number[]) => found.reduce((sum, length) => sum + length, 0);
    expect(total(await lengths())).toBe(likes.length);
    await using _consumer = await broker.openConsumer(queue, async () => {});
    await drained(broker, queue);
    for (const length of await lengths()) expect(length).toBeLessThanOrEqual(ENTRIES_PER_NODE);
  });

  test('an entry that another program wrote without a like in it is parked', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    await asked.redis.xadd(`${queue}:0`, '*', 'other', 'field');
    await using _consumer = await broker.openConsumer(queue, async () => {});
    await drained(broker, queue);
    const parked = await broker.parked(queue);
    expect(parked).toHaveLength(1);
    expect(parked[0]!.reason).toMatch(/^not JSON/);
  });

  test('a log that was trimmed says so, and no group that read again is left', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    await producer.send(madeLikes(2_000));
    {
      await using again = await broker.reread!(queue);
      expect(again).toMatchObject({ messages: 2_000, gaps: [] });
      await using _second = await again.openConsumer(async () => {});
    }
    expect(await asked.redis.keys(`${queue}:again*`)).toEqual([]);
    expect(await asked.redis.xinfo('GROUPS', `${queue}:0`)).toHaveLength(1);
    expect(await broker.backlog(queue)).toMatchObject({ waiting: 2_000 });
    await using _counting = await broker.openConsumer(queue, async () => {});
    await drained(broker, queue);
    await using short = await broker.reread!(queue);
    expect(short.messages).toBeLessThan(2_000);
    expect(short.gaps.map(({ lane }) => lane)).toEqual([0, 1, 2, 3]);
  });

  test('the backlog of a log that is kept is counted from both sides', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = freshName();
    await broker.createQueue(queue, { lanes: 1, keepsLog: true });
    await using producer = await broker.openProducer(queue);
    await producer.send(madeLikes(4_500));
    let waiting = 4_500;
    for (const given of [0, 1, 999, 1_000, 2_000, 500]) {
      const limits = ['COUNT', given, 'STREAMS', `${queue}:0`, '>'] as const;
      if (given > 0) await asked.redis.xreadgroup('GROUP', 'like-counters', 'test', ...limits);
      waiting -= given;
      const backlog = await broker.backlog(queue);
      expect(backlog).toMatchObject({ waiting, unacknowledged: 4_500 - waiting });
    }
  });

  test('deleting a queue leaves no key behind', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    await producer.send(madeLikes(10));
    {
      await using _consumer = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    const again = await broker.reread!(queue);
    await (await again.openConsumer(async () => {})).stop();
    await broker.deleteQueue(queue);
    expect(await asked.redis.keys(`${queue}*`)).toEqual([]);
  });
});

testMemoryLimit('redis-streams');
