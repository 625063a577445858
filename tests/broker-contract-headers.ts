/** What travels beside a like: texts by name, which a queue hands on and never looks at. */
import { expect, test } from 'vitest';
import { encodeLike, type HandleLikes, type LikeHeaders } from '../likes/like.ts';
import {
  ARRIVAL_LIMIT_MS,
  type BrokerUnderTest,
  drained,
  Inbox,
  idOf,
  madeLikes,
} from './brokers/broker-under-test.ts';

/** To be called inside of `testBroker`. */
export function testHeaders(subject: BrokerUnderTest): void {
  test('headers come with their like, and a like without any is taken as ever', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(60);
    const [withHeaders, without, oldOnes] = [0, 20, 40].map((from) =>
      likes.slice(from, from + 20),
    ) as [typeof likes, typeof likes, typeof likes];
    const headersOf = (index: number): LikeHeaders | undefined => {
      if (index % 3 === 0) return undefined;
      const traceparent = `00-${String(index).padStart(32, '0')}-00f067aa0ba902b7-01`;
      return { traceparent, ...(index % 3 === 1 && { tracestate: 'lab=1,other=a b' }) };
    };
    await producer.send(withHeaders, headersOf);
    await producer.send(without);
    // No like, so that what came with a message and what came with a like are not the same.
    await broker.post(queue, ['nonsense', ...oldOnes.map(encodeLike)]);
    const found = new Map<string, LikeHeaders | undefined>();
    const keep: HandleLikes = async (batch, _placeOf, headersOfLike) => {
      for (const [index, like] of batch.entries()) found.set(idOf(like), headersOfLike!(index));
    };
    const inbox = new Inbox(keep);
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes, ARRIVAL_LIMIT_MS);
    await drained(broker, queue);
    const sent = likes.map((like, index) => [
      idOf(like),
      (index < 20 ? headersOf(index) : undefined) ?? {},
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(sent));
  });
}
