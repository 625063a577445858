/** What every broker has to do, on its real server. Each broker's test calls `testBroker` once. */
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { describe, expect, test } from 'vitest';
import { BROKERS } from '../brokers/index.ts';
import { encodeLike, type Like } from '../likes/like.ts';
import { testServerDeath } from './broker-contract-death.ts';
import { testHeaders } from './broker-contract-headers.ts';
import { testLetters } from './broker-contract-letters.ts';
import { testLog } from './broker-contract-log.ts';
import { testTrouble } from './broker-contract-trouble.ts';
import {
  ARRIVAL_LIMIT_MS,
  type BrokerFacts,
  type BrokerUnderTest,
  drained,
  FixtureProcess,
  freshName,
  Inbox,
  idOf,
  idsOf,
  LANES,
  madeLikes,
  until,
  useBroker,
} from './brokers/broker-under-test.ts';

/** What is neither waited for nor measured: how long a wrong outcome gets to show itself. */
const SHOW_MS = 1_000;
/** Ending by itself is a matter of milliseconds; a forgotten timer or socket lasts for ever. */
const END_LIMIT_MS = 10_000;

/**
 * The whole suite on the first tier, and what depends on the tier on each. `testMore` declares what
 * is special to this broker, on the same server.
 */
export function testBroker(
  name: string,
  facts: BrokerFacts,
  testMore: (subject: BrokerUnderTest) => void = () => {},
): void {
  const { tiers } = BROKERS[name]!;
  describe.concurrent(`${name} (${tiers[0]})`, () => {
    const subject = useBroker(name, tiers[0]!);
    // The longest first, since only a few run at the same time.
    testConsumers(subject, facts);
    testSending(subject);
    testQueues(subject, facts);
    testTrouble(subject, facts);
    testLetters(subject, facts);
    testHeaders(subject);
    testLog(name, subject);
    testMore(subject);
  });
  for (const tier of tiers) testServerDeath(name, tier, facts);
}

function testQueues(subject: BrokerUnderTest, facts: BrokerFacts): void {
  test('createQueue refuses a name that is there', async () => {
    const queue = await subject.freshQueue();
    const created = subject.broker.createQueue(queue, { lanes: LANES });
    await expect(created).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    await expect(created).rejects.toThrow(queue);
  });

  test('createQueue refuses a service time, unless the broker keeps one', async () => {
    const { broker } = subject;
    const queue = freshName();
    const service = { distribution: 'fixed', meanUs: 1_000, seed: 1 } as const;
    const created = broker.createQueue(queue, { lanes: LANES, service });
    if (broker.name === 'null') await created;
    else await expect(created).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN' });
    expect(await broker.hasQueue(queue)).toBe(broker.name === 'null');
    await broker.deleteQueue(queue);
  });

  test('deleteQueue takes dead letters along, and an absent queue is no error', async () => {
    const { broker } = subject;
    await broker.deleteQueue(freshName());
    expect(await broker.hasQueue(freshName())).toBe(false);
    const queue = await subject.freshQueue();
    expect(await broker.hasQueue(queue)).toBe(true);
    await broker.post(queue, ['not a like']);
    {
      await using _consumer = await broker.openConsumer(queue, async () => {});
      await drained(broker, queue);
    }
    await broker.post(queue, [encodeLike(madeLikes(1)[0]!)]);
    await broker.deleteQueue(queue);
    await broker.deleteQueue(queue);
    expect(await broker.hasQueue(queue)).toBe(false);
    await broker.createQueue(queue, { lanes: LANES });
    expect(await broker.backlog(queue)).toEqual({ waiting: 0, unacknowledged: 0, parked: 0 });
  });

  test("a consumer of one's own takes the template's place, with the same options", async () => {
    const queue = await subject.freshQueue();
    const { address, tier } = subject.connection(queue);
    const failed = new Promise<never>(() => undefined);
    const stop = async () => undefined;
    const handleLikes = async () => undefined;
    const asked: unknown[] = [];
    await using broker = await BROKERS[subject.broker.name]!.open(
      { address, tier },
      async (...words) => {
        asked.push(...words);
        return { failed, stop, [Symbol.asyncDispose]: stop };
      },
    );
    await using consumer = await broker.openConsumer(queue, handleLikes);
    expect(consumer.failed).toBe(failed);
    expect(asked).toEqual([expect.objectContaining({}), handleLikes]);
    expect(JSON.stringify(asked[0])).toContain(queue);
  });

  test('an address where nobody listens is reported with that address', async () => {
    const address = `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
    const { name, tier } = subject.broker;
    const asked = BROKERS[name]!.open({ address, tier }).then((broker) =>
      broker.createQueue(freshName(), { lanes: LANES }),
    );
    const late = sleep(facts.connectLimitMs, undefined, { ref: false }).then(() => 'too late');
    const found = await Promise.race([asked.catch((error: unknown) => error), late]);
    expect(found).toMatchObject({ code: 'BROKER_UNREACHABLE' });
    expect((found as Error).message).toContain(address);
  });

  test.skipIf(!facts.consumerNoticesDeletion)(
    'failed rejects when the queue is deleted under the consumer',
    async () => {
      const queue = await subject.freshQueue();
      const { broker } = subject;
      await using consumer = await broker.openConsumer(queue, async () => {});
      const outcome = consumer.failed.catch(() => 'failed');
      await broker.deleteQueue(queue);
      const late = sleep(ARRIVAL_LIMIT_MS, 'too late', { ref: false });
      expect(await Promise.race([outcome, late])).toBe('failed');
    },
  );

  test('nothing keeps the process alive when all is disposed', async () => {
    await using fixture = new FixtureProcess('open-and-close', subject.connection(freshName()));
    await fixture.says('closed');
    await until('the process ends', END_LIMIT_MS, () => fixture.child.exitCode !== null);
    expect(fixture.child.exitCode).toBe(0);
  });
}

function testSending(subject: BrokerUnderTest): void {
  test('every acknowledged like is delivered as it was sent, whatever its names hold', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const plain = madeLikes(2_000);
    const blanks = ['a\nb\r\n', '\u2028\u0000', ' '];
    const names = [...blanks, '日本語 \u{1f44d}', '{"post":1}', 'x'.repeat(256)];
    const odd = names.map((post, seq): Like => ({ ...plain[0]!, source: 'odd', seq, post }));
    for (const likes of [plain.slice(0, 700), odd, plain.slice(700), [], [plain[0]!]]) {
      await producer.send(likes);
    }
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has([...plain, ...odd]);
    await drained(broker, queue);
    const sent = new Map([...plain, ...odd].map((like) => [idOf(like), like]));
    for (const like of inbox.likes) expect(like).toEqual(sent.get(idOf(like)));
    expect(await broker.parked(queue)).toEqual([]);
  });

  test('the server says what waits, and that nothing is left; nothing comes back', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(1_234);
    await producer.send(likes);
    const backlog = { waiting: 1_234, unacknowledged: 0, parked: 0 };
    expect(await broker.backlog(queue)).toEqual(backlog);
    const first = new Inbox();
    const consumer = await broker.openConsumer(queue, first.handle);
    await first.has(likes);
    await drained(broker, queue);
    await consumer.stop();
    // Whatever came back would come before these where there is order, else before all is drained.
    const last = madeLikes(40);
    await producer.send(last);
    const second = new Inbox();
    await using _consumer = await broker.openConsumer(queue, second.handle);
    await second.has(last);
    if (broker.promises.order === 'none') await drained(broker, queue);
    expect(idsOf(second.likes)).toEqual(idsOf(last));
  });

  test('likes of a post come in the order sent, with as many sends in flight as allowed', async ({
    skip,
  }) => {
    const { broker } = subject;
    if (broker.promises.order === 'none') skip('this broker promises no order');
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    // Seven share no factor with the lanes, so a post that is not kept to its lane shows.
    const likes = madeLikes(6_000, { posts: 7 });
    const inFlight: Promise<void>[] = [];
    for (let from = 0; from < likes.length; from += 100) {
      if (inFlight.length === broker.habits.sendsInFlight) await inFlight.shift();
      inFlight.push(producer.send(likes.slice(from, from + 100)));
    }
    await Promise.all(inFlight);
    await inbox.has(likes);
    const firsts = [...new Map(inbox.likes.map((like) => [idOf(like), like])).values()];
    const byPost = Map.groupBy(firsts, ({ post }) => post);
    expect(byPost.size).toBe(7);
    for (const ofPost of byPost.values()) {
      const seqs = ofPost.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
  });
}

function testConsumers(subject: BrokerUnderTest, facts: BrokerFacts): void {
  test('a consumer that dies by SIGKILL with likes in its hands loses none', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(2_000);
    await producer.send(likes);
    await using victim = new FixtureProcess('holding-consumer', subject.connection(queue));
    await victim.says('holding');
    await victim.kill();
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes, facts.takeoverMs + ARRIVAL_LIMIT_MS);
    await drained(broker, queue);
    expect(idsOf(inbox.likes)).toEqual(idsOf(likes));
    expect(await broker.parked(queue)).toEqual([]);
  });

  test('two consumers share the work: both get likes, and together all', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const inboxes = [new Inbox(), new Inbox()] as const;
    await using _first = await broker.openConsumer(queue, inboxes[0].handle);
    await using _second = await broker.openConsumer(queue, inboxes[1].handle);
    const source = freshName();
    const sent: Like[] = [];
    await until('both consumers get likes', ARRIVAL_LIMIT_MS, async () => {
      const likes = madeLikes(200, { source, from: sent.length });
      await producer.send(likes);
      sent.push(...likes);
      return inboxes.every((inbox) => inbox.likes.length > 0);
    });
    await drained(broker, queue);
    expect(idsOf(inboxes[0].likes, inboxes[1].likes)).toEqual(idsOf(sent));
  });

  test('stop waits for the batch in hand, and it is acknowledged', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const inHand = facts.likesOfPostInHandMax ?? 50;
    await producer.send(madeLikes(inHand, { posts: 1 }));
    const given = Promise.withResolvers<void>();
    const store = Promise.withResolvers<void>();
    const inbox = new Inbox(() => {
      given.resolve();
      return store.promise;
    });
    await using consumer = await broker.openConsumer(queue, inbox.handle);
    await given.promise;
    const stopped = consumer.stop().then(() => inbox.likes.length);
    const still = sleep(SHOW_MS, 'still at work');
    expect(await Promise.race([stopped, still])).toBe('still at work');
    store.resolve();
    expect(await stopped).toBe(inHand);
    expect(await broker.backlog(queue)).toEqual({ waiting: 0, unacknowledged: 0, parked: 0 });
    await consumer.stop();
  });
}
