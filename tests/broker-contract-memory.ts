/** The part of the broker contract about a server without memory left, where that can be had. */
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { openClock } from '../lab/clock.ts';
import type { Stage } from '../lab/faults/fault.ts';
import { memoryFull } from '../lab/faults/memory-full.ts';
import { SendError } from '../likes/like.ts';
import { drained, Inbox, idsOf, madeLikes, useBroker } from './brokers/broker-under-test.ts';

/** Less than what the server uses by itself. */
const FAR_BELOW = -100 * 1024 ** 2;
const ROOM_BYTES = 64 * 1024 ** 2;

/** On a server of its own, since its memory is everybody's. */
export function testMemoryLimit(name: string): void {
  describe(`${name} on a server whose memory is limited`, () => {
    const subject = useBroker(name, 'memory');

    test('likes are refused, provably, while it is full, and taken again after', async () => {
      const { broker } = subject;
      const queue = await subject.freshQueue();
      await using producer = await broker.openProducer(queue);
      const [before, during, after] = [madeLikes(200), madeLikes(100), madeLikes(100)];
      await producer.send(before);
      const idle = await broker.limitMemory!(ROOM_BYTES);
      expect(idle.limitBytes).toBeGreaterThan(idle.usedBytes);
      expect(idle.refused).toBe(0);

      const full = await broker.limitMemory!(FAR_BELOW);
      expect(full.limitBytes).toBeLessThan(full.usedBytes);
      await expect(producer.send(during)).rejects.toBeInstanceOf(SendError);
      await expect(broker.post(queue, ['any'])).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
      const lifted = await broker.limitMemory!(undefined);
      expect(lifted.limitBytes).toBe(0);
      expect(lifted.refused).toBeGreaterThan(0);

      await producer.send(after);
      const inbox = new Inbox();
      await using _consumer = await broker.openConsumer(queue, inbox.handle);
      await inbox.has([...before, ...after]);
      await drained(broker, queue);
      expect(idsOf(inbox.likes)).toEqual(idsOf(before, after));
    });

    test('the fault memory-full is proven by what the server counts, and undone', async () => {
      const { broker, server } = subject;
      expect(memoryFull.whyNot!(broker, server)).toBeUndefined();
      const queue = await subject.freshQueue();
      await using producer = await broker.openProducer(queue);
      const { signal } = new AbortController();
      const stage = { broker, server, queue, signal, clock: openClock() } as unknown as Stage;
      let isOver = false;
      const striking = memoryFull.strike(stage).finally(() => {
        isOver = true;
      });
      const outcomes = { sent: 0, refused: 0 };
      while (!isOver) {
        await producer.send(madeLikes(10)).then(
          () => {
            outcomes.sent += 1;
          },
          () => {
            outcomes.refused += 1;
          },
        );
      }
      const { facts, doubts } = await striking;
      expect(doubts).toEqual([]);
      expect(facts.refused).toBeGreaterThan(outcomes.refused / 2);
      expect(outcomes.refused).toBeGreaterThan(0);
      await producer.send(madeLikes(10));
    });

    test('and without any load it proves nothing', async () => {
      const { broker } = subject;
      const { signal } = new AbortController();
      const stage = { broker, signal, clock: openClock() } as unknown as Stage;
      const { doubts } = await memoryFull.strike(stage);
      expect(doubts).toEqual(['the server refused nothing meanwhile']);
    });

    test('a dead letter that cannot be moved back stays where it is', async () => {
      const { broker } = subject;
      const queue = await subject.freshQueue();
      await broker.post(queue, ['one', 'two']);
      {
        await using _consumer = await broker.openConsumer(queue, async () => {});
        await drained(broker, queue);
      }
      await broker.limitMemory!(FAR_BELOW);
      const moved = await broker.redrive(queue).catch((error: Error) => error);
      await broker.limitMemory!(undefined);
      // BullMQ moves jobs without a byte more; a stream needs room for a new entry.
      if (moved instanceof Error) expect(moved.message).toMatch(/OOM/);
      const waiting = moved instanceof Error ? 0 : moved.redriven;
      expect(await broker.backlog(queue)).toEqual({
        waiting,
        unacknowledged: 0,
        parked: 2 - waiting,
      });
    });

    test('a server that would evict likes is not limited', async () => {
      const { broker, server } = subject;
      const redis = new Redis(`redis://${server.address}`);
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await expect(broker.limitMemory!(ROOM_BYTES)).rejects.toMatchObject({
        code: 'BROKER_REFUSED',
      });
      expect((await redis.config('GET', 'maxmemory')) as string[]).toEqual(['maxmemory', '0']);
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      redis.disconnect();
    });
  });
}
