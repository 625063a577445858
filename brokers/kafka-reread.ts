/** The log of a Kafka topic, read again from its beginning by a consumer group of its own. */
import { randomUUID } from 'node:crypto';
import type { Admin } from 'kafkajs';
import type { HandleLikes, LikeConsumer } from '../likes/like.ts';
import type { Reread, RereadProgress } from './broker.ts';
import { createLetters, positionsOf, type Range, topicRanges } from './kafka-topics.ts';

/** What the template asks for besides client and topic. */
interface Group {
  readonly groupId: string;
  readonly deadLetterTopic: string;
}

/** How the broker talks to its server: one request of the admin client at a time. */
export interface RereadWays {
  ask<Answer>(request: (admin: Admin) => Promise<Answer>): Promise<Answer>;
  open(group: Group, handleLikes: HandleLikes): Promise<LikeConsumer>;
}

/** A log is whole as long as its partitions begin at offset 0. */
export async function reread(queue: string, { ask, open }: RereadWays): Promise<Reread> {
  const groupId = `${queue}.again-${randomUUID()}`;
  const deadLetterTopic = `${groupId}.dead-letters`;
  const ranges = await ask((admin) => topicRanges(admin, queue));
  await ask((admin) => createLetters(admin, deadLetterTopic));
  return {
    messages: ranges.reduce((sum, { from, to }) => sum + Number(to - from), 0),
    gaps: ranges
      .filter(({ from }) => from > 0n)
      .map(({ partition, from }) => {
        return { lane: partition, begins: `offset ${from}`, gone: Number(from) };
      }),
    openConsumer: (handleLikes) => open({ groupId, deadLetterTopic }, handleLikes),
    async progress() {
      const positions = await ask((admin) => positionsOf(admin, queue, groupId));
      const letters = await ask((admin) => topicRanges(admin, deadLetterTopic));
      const parked = letters.reduce((sum, { from, to }) => sum + Number(to - from), 0);
      return { ...progressOf(ranges, positions), parked };
    },
    async [Symbol.asyncDispose]() {
      // A server that is gone by now forgets the group by itself.
      await ask((admin) => admin.deleteGroups([groupId])).catch(() => undefined);
      await ask((admin) => admin.deleteTopics({ topics: [deadLetterTopic] })).catch(
        () => undefined,
      );
    },
  };
}

/** `before` is what each partition held at the beginning; an empty one has nothing to commit. */
export function progressOf(
  before: readonly Range[],
  now: Awaited<ReturnType<typeof positionsOf>>,
): Omit<RereadProgress, 'parked'> {
  const pairs = before.map((range) => {
    return { range, position: now.find(({ partition }) => partition === range.partition) };
  });
  return {
    isDone: pairs.every(({ range, position }) => {
      return range.from === range.to || (position !== undefined && position.committed >= range.to);
    }),
    hasGrown: pairs.some(
      ({ range, position }) => position === undefined || position.end > range.to,
    ),
    hasShrunk: pairs.some(({ range, position }) => {
      return position === undefined || position.first > range.from;
    }),
  };
}
