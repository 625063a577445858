/** The part of the broker contract that depends on the tier: what becomes of likes in a crash. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Tier } from '../brokers/servers/server.ts';
import { type Like, type LikeProducer, SendError } from '../likes/like.ts';
import {
  ARRIVAL_LIMIT_MS,
  type BrokerFacts,
  type BrokerUnderTest,
  drained,
  Inbox,
  idsOf,
  LANES,
  madeLikes,
  until,
  useBroker,
} from './brokers/broker-under-test.ts';

/** A producer can send again this long after its server answers again. */
const RECOVERY_LIMIT_MS = 20_000;

/**
 * At tier `everysec` a server whose fsync is late holds back what came in the last 2 s, and a busy
 * disk is enough for that. It looks ten times a second whether it may write.
 */
const HELD_BACK_MS_MAX = 2_000 + 100;

/** What was done while a server died and came back, and what each part of it came to. */
interface Story {
  readonly queue: string;
  readonly before: readonly Like[];
  readonly during: readonly Like[];
  readonly after: readonly Like[];
  readonly outcome: unknown;
  readonly sendMs: number;
  /**
   * Rejects unless a consumer that was reading all the time gets what is sent after the restart.
   */
  readonly goesOn: Promise<void>;
}

/** All tests look at one story; waiting for it side by side would keep others from running. */
const inTurn = { concurrent: false };

/** Runs on a server of its own, since it is killed. */
export function testServerDeath(name: string, tier: Tier, facts: BrokerFacts): void {
  describe.concurrent(`${name} (${tier}) and SIGKILL of its server`, () => {
    const subject = useBroker(name, tier);
    let told: Promise<Story> | undefined;
    const tell = () => {
      told ??= killInTheMiddle(subject, facts);
      return told;
    };

    test(
      'send rejects in time with an outcome for each like, none of them ok',
      inTurn,
      async () => {
        const { outcome, sendMs, during } = await tell();
        expect(outcome).toBeInstanceOf(SendError);
        const { outcomes } = outcome as SendError;
        expect(outcomes).toHaveLength(during.length);
        expect(outcomes.every((found) => found === 'unknown' || found === 'fail')).toBe(true);
        expect(sendMs).toBeLessThan(facts.sendLimitMs);
      },
    );

    test(
      'the same producer and broker go on after the restart; what was safe is there',
      inTurn,
      async () => {
        const { broker } = subject;
        const { queue, before, during, after } = await tell();
        const inbox = new Inbox();
        await using _consumer = await broker.openConsumer(queue, inbox.handle);
        await inbox.has(tier === 'memory' ? after : [...before, ...after]);
        await drained(broker, queue);
        const sent = new Set(idsOf(before, during, after));
        expect(idsOf(inbox.likes).filter((id) => !sent.has(id))).toEqual([]);
      },
    );

    // In tier `memory` the queue itself is gone, and so is what a consumer could go on with.
    test.skipIf(tier === 'memory')('a consumer that was reading goes on by itself', async () => {
      await (await tell()).goesOn;
    });

    test('the server tells the setting that decides what it survives', inTurn, async () => {
      const { queue } = await tell();
      const decisive = facts.decisiveSettings[tier];
      expect(decisive, 'the facts of the broker must name it').toBeDefined();
      expect(await subject.broker.settings(queue)).toMatchObject(decisive!);
    });
  });
}

async function killInTheMiddle(subject: BrokerUnderTest, facts: BrokerFacts): Promise<Story> {
  const { broker, server } = subject;
  const reader = broker.tier === 'memory' ? undefined : await openReader(subject);
  const queue = await subject.freshQueue();
  await using producer = await broker.openProducer(queue);
  const before = madeLikes(500);
  await producer.send(before);
  if (broker.tier === 'everysec') await sleep(HELD_BACK_MS_MAX);
  await server.kill();
  const during = madeLikes(100);
  const startMs = performance.now();
  const outcome = await producer.send(during).catch((error: unknown) => error);
  const sendMs = performance.now() - startMs;
  await server.start();
  // What was in memory is gone, the queue included; whoever runs such a server makes it again.
  if (broker.tier === 'memory') await broker.createQueue(queue, { lanes: LANES });
  const after = madeLikes(100);
  await sendUntilTaken(producer, after);
  const goesOn =
    reader?.(facts.readerRecoveryMs) ?? Promise.reject(new Error('nobody was reading'));
  goesOn.catch(() => undefined); // The test that asks for it hears of it.
  return { queue, before, during, after, outcome, sendMs, goesOn };
}

/** A consumer that has read; calling it sends more, waits until that is counted, and disposes. */
async function openReader({ broker, freshQueue }: BrokerUnderTest) {
  const queue = await freshQueue();
  const inbox = new Inbox();
  const producer = await broker.openProducer(queue);
  const consumer = await broker.openConsumer(queue, inbox.handle);
  const before = madeLikes(100);
  await producer.send(before);
  await inbox.has(before);
  return async (recoveryMs: number): Promise<void> => {
    await using _producer = producer;
    await using _consumer = consumer;
    const after = madeLikes(100);
    await sendUntilTaken(producer, after);
    await Promise.race([inbox.has(after, recoveryMs + ARRIVAL_LIMIT_MS), consumer.failed]);
    await drained(broker, queue);
  };
}

/** Right after a restart a send may still meet the old connection; that has to pass by itself. */
async function sendUntilTaken(producer: LikeProducer, likes: readonly Like[]): Promise<void> {
  await until('a send is taken again', RECOVERY_LIMIT_MS, async () => {
    const error = await producer.send(likes).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (error !== undefined) expect(error).toBeInstanceOf(SendError);
    return error === undefined;
  });
}
