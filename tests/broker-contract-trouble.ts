/** The part of the broker contract about stores that are away and likes that nobody can count. */
import { expect, test } from 'vitest';
import { decodeLike, encodeLike, type Like, RefusedLikesError } from '../likes/like.ts';
import {
  type BrokerFacts,
  type BrokerUnderTest,
  drained,
  Inbox,
  idOf,
  idsOf,
  madeLikes,
} from './brokers/broker-under-test.ts';

const OUTAGES = 3;

export function testTrouble(subject: BrokerUnderTest, facts: BrokerFacts): void {
  test('an outage of the store brings the same likes back, parks none and loses none', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(400);
    await producer.send(likes);
    let outages = 0;
    const refusedOnce = new Set<string>();
    const inbox = new Inbox(async (batch) => {
      if (outages === OUTAGES) return;
      outages += 1;
      for (const like of batch) refusedOnce.add(idOf(like));
      // What fetch rejects with: some clients take it for a bug and give up.
      throw new TypeError('the store is away');
    });
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes);
    await drained(broker, queue);
    expect(outages).toBe(OUTAGES);
    expect(refusedOnce.size).toBeGreaterThan(0);
    expect(idsOf(inbox.likes)).toEqual(idsOf(likes));
    expect(await broker.parked(queue)).toEqual([]);
  });

  test('messages that are no likes are parked with their reason and block nobody', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const good = madeLikes(60, { posts: 1 });
    const { post: _post, ...postless } = good[0]!;
    const allPoison: readonly (readonly [text: string, reason: RegExp])[] = [
      ['likes are not always JSON', /^not JSON: /],
      ['', /^not JSON: ""/],
      ['[1, 2]', /^expected a JSON object/],
      [JSON.stringify({ format: 1, ...postless }), /^field "post" holds nothing/],
      [JSON.stringify({ format: 1, ...good[0], version: 0 }), /^field "version" holds "0"/],
      [JSON.stringify({ ...good[0], format: 2 }), /^field "format" holds "2"/],
    ];
    const poison = allPoison.filter(([text]) => !facts.cannotCarry?.includes(text));
    const texts = good.map(encodeLike);
    for (const [index, [text]] of poison.entries()) texts.splice(index * 10, 0, text);
    await broker.post(queue, texts);
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(good);
    await drained(broker, queue);
    expect(idsOf(inbox.likes)).toEqual(idsOf(good));
    const parked = await broker.parked(queue);
    const texted = parked.map(({ text }) => text);
    const poisonous = poison.map(([text]) => text);
    // Where messages come in no order, neither do letters.
    if (broker.promises.order === 'none') expect(texted.sort()).toEqual(poisonous.sort());
    else expect(texted).toEqual(poisonous);
    for (const [text, reason] of poison) {
      expect(parked.find((letter) => letter.text === text)!.reason).toMatch(reason);
    }
    expect((await broker.backlog(queue)).parked).toBe(poison.length);
  });

  test('likes that the store refuses are parked with its reason, no others are', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(300);
    await producer.send(likes);
    const isRefused = ({ seq }: Like) => seq % 100 === 33;
    const inbox = new Inbox(async (batch) => {
      const refusals = [...batch.entries()]
        .filter(([, like]) => isRefused(like))
        .map(([index, { seq }]) => ({ index, reason: `no shard wants ${seq}` }));
      if (refusals.length > 0) throw new RefusedLikesError(refusals);
    });
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await drained(broker, queue);
    const parked = await broker.parked(queue);
    const parkedLikes = parked.map(({ text }) => decodeLike(text));
    expect(idsOf(parkedLikes)).toEqual(idsOf(likes.filter(isRefused)));
    expect(parked).toHaveLength(3);
    for (const [index, { reason }] of parked.entries()) {
      expect(reason).toBe(`no shard wants ${parkedLikes[index]!.seq}`);
    }
  });
}
