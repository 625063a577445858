/** What a consumer promises that tells where each like stood in its queue. */
import { expect, test } from 'vitest';
import type { HandleLikes, Place } from '../likes/like.ts';
import {
  ARRIVAL_LIMIT_MS,
  type BrokerUnderTest,
  Inbox,
  idOf,
  LANES,
  madeLikes,
} from './brokers/broker-under-test.ts';

/** To be called inside of `testBroker`, by brokers whose queues can be read again. */
export function testPlaces(subject: BrokerUnderTest): void {
  test('each like has a place, rising in its lane, and the same when it comes again', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(200);
    await producer.send(likes.slice(0, 100));
    // No like, so that places and messages are not the same.
    await broker.post(queue, ['nonsense']);
    await producer.send(likes.slice(100));
    const placeOfLike = new Map<string, Place>();
    const stored = new Map<string, bigint>();
    let outages = 3;
    const keep: HandleLikes = async (batch, placeOf) => {
      const places = batch.map((like, index) => [idOf(like), placeOf!(index)] as const);
      for (const [id, place] of places) {
        expect(placeOfLike.get(id) ?? place).toEqual(place);
        placeOfLike.set(id, place);
      }
      if (outages > 0) {
        outages -= 1;
        throw new Error('the store is away');
      }
      for (const [, { lane, offset }] of places) {
        expect(offset).toBeGreaterThan(stored.get(lane) ?? -1n);
        stored.set(lane, offset);
      }
    };
    const inbox = new Inbox(keep);
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes, ARRIVAL_LIMIT_MS);
    expect(inbox.likes).toHaveLength(likes.length);
    expect(outages).toBe(0);
    expect(stored.size).toBe(LANES);
    for (const lane of stored.keys()) expect(lane).toContain(queue);
  });
}
