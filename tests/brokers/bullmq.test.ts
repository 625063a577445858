import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { openBullmqBroker } from '../../brokers/bullmq.ts';
import { encodeLike, type Like, RefusedLikesError } from '../../likes/like.ts';
import { testBroker } from '../broker-contract.ts';
import { testMemoryLimit } from '../broker-contract-memory.ts';
import {
  ARRIVAL_LIMIT_MS,
  type BrokerFacts,
  drained,
  FixtureProcess,
  Inbox,
  idOf,
  madeLikes,
  until,
} from './broker-under-test.ts';

/** Locks of 10 s, looked at every 5 s. */
const TAKEOVER_MS = 15_000;
const OUTAGES_PER_JOB = 5;
/** By default a job is parked when the second consumer has died with it in its hands. */
const DEATHS = 2;
/** The keys of a queue that has had jobs and has none; each job would be one more. */
const KEYS_OF_EMPTY_QUEUE_MAX = 10;

/** A queue as other programs use it, without anything of ours. */
function queueAt(address: string, name: string): Queue & AsyncDisposable {
  const [host, port] = address.split(':');
  const queue = new Queue(name, { connection: { host: host!, port: Number(port) } });
  return Object.assign(queue, { [Symbol.asyncDispose]: () => queue.close() });
}

const FACTS: BrokerFacts = {
  takeoverMs: TAKEOVER_MS,
  readerRecoveryMs: 5_000,
  sendLimitMs: 2_000,
  connectLimitMs: 10_000,
  consumerNoticesDeletion: false,
  decisiveSettings: {
    memory: { appendonly: 'no', save: '' },
    everysec: { appendonly: 'yes', appendfsync: 'everysec' },
    kill: { appendonly: 'yes', appendfsync: 'no' },
    power: { appendonly: 'yes', appendfsync: 'always' },
  },
};

testBroker('bullmq', FACTS, (subject) => {
  function client(): Disposable & { redis: Redis } {
    const redis = new Redis(`redis://${subject.server.address}`);
    return { redis, [Symbol.dispose]: () => redis.disconnect() };
  }
  const keysOf = (redis: Redis, queue: string) => redis.keys(`bull:${queue}:*`);

  test('jobs in the hands of one dying consumer after another are not parked', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(50);
    await producer.send(likes);
    for (let deaths = 0; deaths < DEATHS; deaths += 1) {
      await using victim = new FixtureProcess('holding-consumer', subject.connection(queue));
      await victim.says('holding', TAKEOVER_MS + ARRIVAL_LIMIT_MS);
      await until('it has all of them', ARRIVAL_LIMIT_MS, async () => {
        return (await broker.backlog(queue)).unacknowledged === likes.length;
      });
      await victim.kill();
    }
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes, TAKEOVER_MS + ARRIVAL_LIMIT_MS);
    await drained(broker, queue);
    expect(await broker.parked(queue)).toEqual([]);
  });

  test('a job that fails in one outage after another is not parked, whoever sent it', async () => {
    const { broker, server } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const [own, others] = [madeLikes(20), madeLikes(20)];
    await producer.send(own);
    {
      // As BullMQ is by default: one try, and the last.
      await using plain = queueAt(server.address, queue);
      await plain.addBulk(others.map((like) => ({ name: 'any', data: encodeLike(like) })));
    }
    const tries = new Map<string, number>();
    const inbox = new Inbox(async (batch) => {
      for (const id of batch.map(idOf)) tries.set(id, (tries.get(id) ?? 0) + 1);
      if (Math.min(...tries.values()) <= OUTAGES_PER_JOB) throw new Error('the store is away');
    });
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await until("another program's job waits for its next try", ARRIVAL_LIMIT_MS, async () => {
      for (const id of await asked.redis.zrange(`bull:${queue}:delayed`, '0', '-1')) {
        const job = await asked.redis.hgetall(`bull:${queue}:${id}`);
        // Each try would otherwise leave its stack trace in the server's memory.
        expect(job.stacktrace ?? '[]').toBe('[]');
        if (job.name === 'any') return true;
      }
      return false;
    });
    expect((await broker.backlog(queue)).waiting).toBeGreaterThan(0);
    await inbox.has([...own, ...others]);
    await drained(broker, queue);
    expect(Math.min(...tries.values())).toBeGreaterThan(OUTAGES_PER_JOB);
    expect(await broker.parked(queue)).toEqual([]);
  });

  test('what is counted leaves the memory of the server, whoever sent it', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(3_000);
    await producer.send(likes);
    await broker.post(queue, madeLikes(20).map(encodeLike));
    expect((await keysOf(asked.redis, queue)).length).toBeGreaterThan(likes.length);
    await using _consumer = await broker.openConsumer(queue, async () => {});
    await drained(broker, queue);
    const keys = await keysOf(asked.redis, queue);
    expect(keys.length, keys.join(' ')).toBeLessThanOrEqual(KEYS_OF_EMPTY_QUEUE_MAX);
    expect(keys).not.toContain(`bull:${queue}:completed`);
  });

  test('an object that another program sent is counted; a refused job stays parked', async () => {
    const { broker, server } = subject;
    const queue = await subject.freshQueue();
    const [counted, refused] = madeLikes(2) as [Like, Like];
    {
      await using plain = queueAt(server.address, queue);
      for (const like of [counted, refused]) {
        await plain.add('like', JSON.parse(encodeLike(like)), { removeOnFail: true, attempts: 9 });
      }
      await plain.add('like', { post: 'p' });
      await plain.add('like', null);
    }
    const seqs: number[] = [];
    await using _consumer = await broker.openConsumer(queue, async (batch) => {
      const index = batch.findIndex(({ seq }) => seq === refused.seq);
      seqs.push(...batch.map(({ seq }) => seq).filter((seq) => seq !== refused.seq));
      if (index >= 0) throw new RefusedLikesError([{ index, reason: 'no shard wants it' }]);
    });
    await drained(broker, queue);
    expect(seqs).toEqual([counted.seq]);
    const parked = await broker.parked(queue);
    expect(parked).toEqual([
      { text: encodeLike(refused), reason: 'no shard wants it' },
      { text: '{"post":"p"}', reason: expect.stringMatching(/^field "format" holds nothing/) },
      { text: 'null', reason: expect.stringMatching(/^expected a JSON object/) },
    ]);
  });

  test('deleting a queue leaves no key behind, whatever state its jobs are in', async () => {
    const { broker, server } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    await broker.post(queue, ['not a like']);
    {
      await using _consumer = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    await producer.send(madeLikes(300));
    {
      await using victim = new FixtureProcess('holding-consumer', subject.connection(queue));
      await victim.says('holding');
    }
    {
      await using plain = queueAt(server.address, queue);
      await plain.add('like', 'later', { delay: 3_600_000 });
      await plain.add('like', 'first', { priority: 1 });
      await plain.add('like', 'once', { deduplication: { id: 'once' } });
      await plain.rateLimit(60_000);
    }
    const { waiting, unacknowledged, parked } = await broker.backlog(queue);
    expect([waiting + unacknowledged, parked]).toEqual([303, 1]);
    expect(unacknowledged).toBeGreaterThan(0);
    await broker.deleteQueue(queue);
    expect(await keysOf(asked.redis, queue)).toEqual([]);
  });

  test('stop under load leaves the rest waiting, and nothing in its hands', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(4_000);
    await producer.send(likes);
    const inbox = new Inbox();
    const consumer = await broker.openConsumer(queue, inbox.handle);
    await until('some are counted', ARRIVAL_LIMIT_MS, () => inbox.likes.length > 0);
    await consumer.stop();
    const counted = inbox.likes.length;
    expect(counted).toBeLessThan(likes.length);
    const waiting = likes.length - counted;
    expect(await broker.backlog(queue)).toEqual({ waiting, unacknowledged: 0, parked: 0 });
  });

  test('what nobody created is no empty queue, and a colon is no name', async () => {
    const { broker } = subject;
    const asking = [
      () => broker.backlog('likes-nobody-made'),
      () => broker.openProducer('likes-nobody-made'),
      () => broker.openConsumer('likes-nobody-made', async () => {}),
      () => broker.createQueue('likes:colon', { lanes: 1 }),
    ];
    for (const ask of asking) {
      await expect(ask()).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    }
  });

  test('failed rejects when a key of the queue is something else', async () => {
    const { broker } = subject;
    using asked = client();
    const queue = await subject.freshQueue();
    await using consumer = await broker.openConsumer(queue, async () => {});
    await asked.redis.set(`bull:${queue}:wait`, 'not a list');
    await expect(consumer.failed).rejects.toThrow('WRONGTYPE');
  });

  test('a user with a password who may not see the configuration can do all else', async () => {
    const { broker, server } = subject;
    using asked = client();
    const [username, password] = ['counter', 'a password: #1'];
    await asked.redis.acl(
      'SETUSER',
      username,
      'on',
      `>${password}`,
      '~*',
      '&*',
      '+@all',
      '-config',
    );
    const endpoint = { address: server.address, tier: broker.tier, username };
    const refused = openBullmqBroker({ ...endpoint, password: 'another' });
    await expect(refused).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });

    await using limited = await openBullmqBroker({ ...endpoint, password });
    const queue = await subject.freshQueue();
    const inbox = new Inbox();
    await using _consumer = await limited.openConsumer(queue, inbox.handle);
    await using producer = await limited.openProducer(queue);
    const likes = madeLikes(10);
    await producer.send(likes);
    await inbox.has(likes);
    const told = await limited.settings(queue);
    expect(told).toMatchObject({ appendonly: 'not told', 'events kept per queue': '10000' });
    expect(told['redis version']).toMatch(/^\d/);
  });
});

testMemoryLimit('bullmq');
