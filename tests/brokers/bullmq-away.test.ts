import { describe, expect, test } from 'vitest';
import { ARRIVAL_LIMIT_MS, madeLikes, until, useBroker } from './broker-under-test.ts';

/** The goodbye to a server that is away, and what there is of pauses around it. */
const STOP_LIMIT_MS = 10_000;

describe('bullmq and a server that goes silent, and then away', () => {
  const subject = useBroker('bullmq', 'kill');

  test('a send whose answer never came rejects, and is not sent again by itself', async () => {
    const { broker, server } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    process.kill(server.pid!, 'SIGSTOP');
    const sent = producer.send(madeLikes(3)).catch((error: unknown) => error);
    const startMs = performance.now();
    await server.kill();
    await server.start();
    expect(await sent).toMatchObject({ outcomes: ['unknown', 'unknown', 'unknown'] });
    expect(performance.now() - startMs).toBeLessThan(ARRIVAL_LIMIT_MS);
    await until('the same producer sends again', ARRIVAL_LIMIT_MS, () =>
      producer.send(madeLikes(1)).then(
        () => true,
        () => false,
      ),
    );
    expect(await broker.backlog(queue)).toEqual({ waiting: 1, unacknowledged: 0, parked: 0 });
  });

  test('a consumer with likes in hand and a producer end without it', async () => {
    const { broker, server } = subject;
    const queue = await subject.freshQueue();
    const producer = await broker.openProducer(queue);
    await producer.send(madeLikes(100));
    const given = Promise.withResolvers<void>();
    const store = Promise.withResolvers<void>();
    const consumer = await broker.openConsumer(queue, () => {
      given.resolve();
      return store.promise;
    });
    await given.promise;
    await server.kill();
    store.resolve();
    const startMs = performance.now();
    await Promise.all([consumer.stop(), producer[Symbol.asyncDispose]()]);
    expect(performance.now() - startMs).toBeLessThan(STOP_LIMIT_MS);
  });
});
