/** The part of the broker contract about messages that are no likes, and the way back for them. */
import { expect, test } from 'vitest';
import { openClock } from '../lab/clock.ts';
import type { Stage } from '../lab/faults/fault.ts';
import { poison } from '../lab/faults/poison.ts';
import { encodeLike, RefusedLikesError } from '../likes/like.ts';
import {
  type BrokerFacts,
  type BrokerUnderTest,
  drained,
  Inbox,
  idsOf,
  madeLikes,
} from './brokers/broker-under-test.ts';

/** Posted where the system has no limit near it. */
const LARGE_BYTES = 2 * 1024 ** 2;
/** The system's own part of its largest message is less than this. */
const ENVELOPE_BYTES_MAX = 200;
const FEW = 5;

export function testLetters(subject: BrokerUnderTest, facts: BrokerFacts): void {
  const refused = [...(facts.cannotCarry ?? [])];
  if (facts.tooManyBytes !== undefined) refused.push('x'.repeat(facts.tooManyBytes));

  test.skipIf(refused.length === 0)('post names a message that nobody may send', async () => {
    const queue = await subject.freshQueue();
    for (const text of refused) {
      const posted = subject.broker.post(queue, [text]);
      await expect(posted).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
      await expect(posted).rejects.toThrow(JSON.stringify(text.slice(0, 40)).slice(0, -1));
      await expect(posted).rejects.toThrow(`${text.length} bytes`);
    }
    expect(await subject.broker.backlog(queue)).toMatchObject({ waiting: 0 });
  });

  test('the largest messages there can be are parked whole and block nobody', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    const largest = await postLargest(subject, queue, facts.tooManyBytes);
    // Together they are more than one request takes, and each leaves no room for more likes.
    const large = ['a', 'b', 'c'].map((letter) => letter.repeat(largest.length - 1_000));
    const likes = madeLikes(20, { posts: 1 });
    await broker.post(queue, [...large, ...likes.map(encodeLike)]);
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes);
    await drained(broker, queue);
    const parked = await broker.parked(queue);
    const found = parked.map(
      ({ text, reason }) => `${text.length} ${text[0]} ${reason.length > 0}`,
    );
    const wanted = [largest, ...large].map((text) => `${text.length} ${text[0]} true`);
    expect(found.sort()).toEqual(wanted.sort());
    for (const letter of ['a', 'b', 'c']) {
      expect(parked.find(({ text }) => text[0] === letter)!.reason).toMatch(/^not JSON: "/);
    }
  });

  test('the fault poison: all that the server takes is parked in time, among likes', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    const likes = madeLikes(2_000);
    const striking = poison.strike(madeStage(subject, queue));
    for (let from = 0; from < likes.length; from += 100) {
      await producer.send(likes.slice(from, from + 100));
    }
    const { facts: proof, doubts } = await striking;
    expect(doubts).toEqual([]);
    const isTooLarge = facts.tooManyBytes !== undefined && facts.tooManyBytes <= 1024 ** 2;
    expect(proof).toMatchObject({
      injected: isTooLarge ? 6 : 7,
      refusedKinds: isTooLarge ? '1 MiB of rubbish' : 'none',
      parked: isTooLarge ? 6 : 7,
    });
    expect(proof.parkedMsMax).toBeLessThan(Number(proof.parkedTimeoutMs));
    await inbox.has(likes);
    await drained(broker, queue);
    expect(await broker.backlog(queue)).toMatchObject({ parked: proof.parked });
  });

  test('dead letters come again when redriven: likes count, the rest is parked anew', async () => {
    const { broker } = subject;
    const queue = await subject.freshQueue();
    await using producer = await broker.openProducer(queue);
    const likes = madeLikes(60);
    const poison = ['no like', '{"format":2}', '[]'];
    await producer.send(likes);
    await broker.post(queue, poison);
    {
      const refuseAll = new Inbox(async (batch) => {
        throw new RefusedLikesError(batch.map((_, index) => ({ index, reason: 'not yet' })));
      });
      await using _consumer = await broker.openConsumer(queue, refuseAll.handle);
      await drained(broker, queue);
    }
    const all = likes.length + poison.length;
    expect((await broker.backlog(queue)).parked).toBe(all);
    const kept = (await broker.parked(queue)).map(({ text }) => text);

    expect(await broker.redrive(queue, { max: FEW })).toEqual({ redriven: FEW });
    const rest = { waiting: FEW, unacknowledged: 0, parked: all - FEW };
    expect(await broker.backlog(queue)).toEqual(rest);
    const left = (await broker.parked(queue)).map(({ text }) => text);
    expect(kept).toEqual(expect.arrayContaining(left));
    if (broker.promises.order === 'per-post') expect(left).toEqual(kept.slice(FEW));
    expect(await broker.redrive(queue)).toEqual({ redriven: all - FEW });
    expect(await broker.backlog(queue)).toEqual({ waiting: all, unacknowledged: 0, parked: 0 });
    expect(await broker.redrive(queue)).toEqual({ redriven: 0 });

    const inbox = new Inbox();
    await using _consumer = await broker.openConsumer(queue, inbox.handle);
    await inbox.has(likes);
    await drained(broker, queue);
    expect(idsOf(inbox.likes)).toEqual(idsOf(likes));
    expect(inbox.likes).toHaveLength(likes.length);
    const again = await broker.parked(queue);
    expect(again.map(({ text }) => text).sort()).toEqual(poison.toSorted());
    if (broker.promises.order === 'none') return;
    for (const ofPost of Map.groupBy(inbox.likes, ({ post }) => post).values()) {
      const seqs = ofPost.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
  });
}

/** As much of a trial as the fault asks for. */
function madeStage({ broker }: BrokerUnderTest, queue: string): Stage {
  const { signal } = new AbortController();
  return { broker, queue, signal, clock: openClock(), seed: 7, strike: 0 } as unknown as Stage;
}

/** Posts the largest message that the server takes, and returns it. */
async function postLargest(
  { broker }: BrokerUnderTest,
  queue: string,
  tooManyBytes = LARGE_BYTES + 1,
): Promise<string> {
  for (let bytes = tooManyBytes - 1; bytes > tooManyBytes - ENVELOPE_BYTES_MAX; bytes -= 1) {
    const text = 'x'.repeat(bytes);
    const posted = await broker.post(queue, [text]).then(
      () => true,
      (error: { code?: string }) => {
        if (error.code !== 'MESSAGE_REFUSED') throw error;
        return false;
      },
    );
    if (posted) return text;
  }
  throw new Error(`nothing of about ${tooManyBytes} bytes was taken`);
}
