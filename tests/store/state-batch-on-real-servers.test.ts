/**
 * What users who cannot decide do to counts on a queue without order, by both rules: the same
 * deliveries of BullMQ go into a store of each.
 */
import { expect, test } from 'vitest';
import type { Like } from '../../likes/like.ts';
import { likesOf, openWorkload } from '../../likes/workloads/workload.ts';
import type { CountStore } from '../../store/count-store.ts';
import { openStore } from '../../store/open-store.ts';
import { drained, useBroker } from '../brokers/broker-under-test.ts';
import { allCounts } from './made-likes.ts';
import { allOf, modelOf } from './made-presses.ts';

const LIKES = 1_200;
const POSTS = 60;
const LIKES_PER_SEND = 50;
const CONSUMERS = 2;

const subject = useBroker('bullmq', 'memory');

/** Every user of the workload likes and unlikes a post 2 to 6 times; 1 % press twice. */
function pressed(): Like[] {
  const workload = openWorkload('toggles', { likes: LIKES, seed: 3, posts: POSTS });
  const sender = { source: 'gateway-1', likedAtMs: 1_500_000_000_000 };
  return likesOf([...workload.stream()], sender);
}

/** Likes less unlikes, by post. */
async function netOf(store: CountStore): Promise<Map<string, number>> {
  const counts = await allCounts(store);
  return new Map(counts.map(({ post, likes, unlikes }) => [post, likes - unlikes]));
}

/** How many presses more of a post were likes than unlikes because somebody pressed twice. */
function doublesByPost(likes: readonly Like[]): Map<string, number> {
  const doubles = new Map<string, number>();
  const last = new Map<string, Like>();
  for (const like of likes) {
    const name = JSON.stringify([like.post, like.user]);
    const before = last.get(name);
    // A client's retry is the same press, with the same version.
    if (before !== undefined && like.version <= before.version) continue;
    last.set(name, like);
    if (before?.action !== like.action) continue;
    const step = like.action === 'like' ? 1 : -1;
    doubles.set(like.post, (doubles.get(like.post) ?? 0) + step);
  }
  return doubles;
}

test('states end right, and tally is off by just the double presses', async () => {
  const { broker } = subject;
  const queue = await subject.freshQueue();
  const likes = pressed();
  await using tally = await openStore({ engine: 'memory', rule: 'tally' });
  await using states = await openStore({ engine: 'memory', rule: 'states' });
  const arrived: Like[] = [];
  const consumers = await Promise.all(
    Array.from({ length: CONSUMERS }, () =>
      broker.openConsumer(queue, async (batch) => {
        arrived.push(...batch);
        await Promise.all([tally.apply(batch), states.apply(batch)]);
      }),
    ),
  );
  await using producer = await broker.openProducer(queue);
  const sends: Promise<void>[] = [];
  for (let from = 0; from < likes.length; from += LIKES_PER_SEND) {
    sends.push(producer.send(likes.slice(from, from + LIKES_PER_SEND)));
  }
  await Promise.all(sends);
  await drained(broker, queue);
  for (const consumer of consumers) await consumer.stop();

  // Some presses overtook others of the same user, or none of this would show anything.
  const place = new Map(arrived.map(({ seq }, index) => [seq, index]));
  const overtaken = likes.filter(({ post, user, seq }) => {
    const next = likes.find((one) => one.post === post && one.user === user && one.seq > seq);
    return next !== undefined && place.get(next.seq)! < place.get(seq)!;
  });
  expect(overtaken.length).toBeGreaterThan(0);

  expect(await allOf(states)).toEqual(modelOf(likes));
  const rightOf = await netOf(states);
  const talliedOf = await netOf(tally);
  const doublesOf = doublesByPost(likes);
  const posts = [...rightOf.keys()];
  const isDoubled = (post: string) => (doublesOf.get(post) ?? 0) !== 0;
  // Order is nothing to sums, so where nobody pressed twice tally's net count is the same.
  expect(posts.filter((post) => !isDoubled(post)).length).toBeGreaterThan(10);
  expect(posts.filter(isDoubled).length).toBeGreaterThan(2);
  for (const post of posts) {
    expect(talliedOf.get(post)! - rightOf.get(post)!).toBe(doublesOf.get(post) ?? 0);
  }
  // Who likes what, only states knows.
  const { post, user } = likes[0]!;
  await expect(tally.isLikedBy(user, post)).rejects.toThrow(/rule states/);
  const newest = likes.findLast((like) => like.post === post && like.user === user)!;
  expect(await states.isLikedBy(user, post)).toBe(newest.action === 'like');
});
