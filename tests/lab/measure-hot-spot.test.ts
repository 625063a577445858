import { expect, test } from 'vitest';
import { hotSpotSchema } from '../../lab/hot-spot-schema.ts';
import { measureHotSpot } from '../../lab/measure-hot-spot.ts';
import { RecordWriter } from '../../lab/record-writer.ts';
import type { HotPostsEvidence } from '../../lab/watch-hot-posts.ts';
import type { Like } from '../../likes/like.ts';
import { madeLike } from '../store/made-likes.ts';
import { recordsFolder } from './trial-fixture.ts';

/** 300 likes, one each 10 ms; the post is viral from 1 to 2 s and takes every second like. */
const FLASH = { post: 'hot', share: 0.5, start: 100, end: 200 };
const PLAN = { cures: ['split'] as const, likesPerTransaction: 1, transactionsAtOnce: 8 };

function postOf(seq: number): string {
  if (seq >= FLASH.start && seq < FLASH.end && seq % 2 === 0) return 'hot';
  return seq % 4 === 1 ? 'beside' : 'far';
}

/** Visible `delayMs` after it was due; a like stored a second time does not become younger. */
function recordsOf(path: (name: string) => string, delayMsOf: (like: Like) => number) {
  const paths = { producer: path('producer'), consumer: path('consumer') };
  using producer = new RecordWriter(paths.producer);
  using consumer = new RecordWriter(paths.consumer);
  const likes = Array.from({ length: 300 }, (_, seq) => madeLike('a', seq, { post: postOf(seq) }));
  for (const like of likes) {
    // Sent 2 ms late, so that due and sent differ.
    producer.attempted(1_000_000 + like.seq * 10_000 + 2_000, [like], [2_000]);
  }
  const byTime = likes
    .map((like) => ({ like, us: 1_000_000 + like.seq * 10_000 + delayMsOf(like) * 1_000 }))
    .sort((one, other) => one.us - other.us);
  for (const { like, us } of byTime) consumer.stored(us, [like], []);
  return { producerRecords: [paths.producer], consumerRecords: [paths.consumer] };
}

const NOTHING: HotPostsEvidence = {
  events: [],
  isNeighbour: (post) => post === 'beside',
  writes: [],
  detection: {
    openWindow: () => ({ see: () => undefined, summary: () => ({ total: 0, posts: [] }) }),
    merge: () => ({ total: 0, posts: [] }),
    halfWindowMs: 500,
    enterShare: 0.3,
  },
};

function measure(delayMsOf: (like: Like) => number, hot: Partial<HotPostsEvidence> = {}) {
  using folder = recordsFolder();
  const evidence = { ...NOTHING, ...hot };
  const input = {
    ...recordsOf(folder.path, delayMsOf),
    likes: 300,
    plan: PLAN,
    flash: FLASH,
    hot: evidence,
  };
  return hotSpotSchema.parse(measureHotSpot(input));
}

test('each group has its own rates and latencies, over the second half of the flash', () => {
  const facts = measure(({ post }) => ({ hot: 100, beside: 40, far: 5 })[post]!);
  expect(facts.flash).toEqual({ fromS: 1, toS: 2 });
  expect(facts.measured).toEqual({ fromS: 1.5, toS: 2 });
  expect(facts.groups).toEqual([
    // A steady delay moves what is counted, and changes no rate.
    { group: 'post', likes: 25, duePerS: 50, countedPerS: 50, p50Ms: 100, p99Ms: 100, maxMs: 100 },
    expect.objectContaining({ group: 'neighbours', likes: 12, duePerS: 24, p99Ms: 40 }),
    expect.objectContaining({ group: 'others', likes: 13, duePerS: 26, p99Ms: 5 }),
  ]);
});

test('a post that falls behind is counted less than it is due, second by second', () => {
  const facts = measure(({ post, seq }) => (post === 'hot' ? (seq - 100) * 10 : 1));
  const [post] = facts.groups;
  expect(post!.countedPerS).toBeLessThan(post!.duePerS);
  expect(post!.p99Ms).toBeCloseTo(980);
  expect(facts.seconds.post.due).toEqual([0, 50, 0]);
  expect(facts.seconds.post.counted).toEqual([0, 25, 25]);
  expect(facts.seconds.post.p99Ms).toEqual([null, 980, null]);
  expect(facts.seconds.others.due).toEqual([75, 25, 75]);
});

test('delays are from the first like of the flash, and only of the post itself', () => {
  const event = { kind: 'hot', post: 'hot' } as const;
  const facts = measure(() => 1, {
    events: [
      { ...event, atMs: 1_500 }, // Before the flash, which begins at 2,000 on this clock.
      { ...event, atMs: 2_300, post: 'beside' },
      { ...event, atMs: 2_400, share: 0.5 },
      { ...event, atMs: 2_450, kind: 'decided', cure: 'split' },
      { ...event, atMs: 2_600, kind: 'done', cure: 'split', shards: [0, 1], tookMs: 150 },
      { ...event, atMs: 3_900, kind: 'done', cure: 'take-back', tookMs: 20 },
    ],
  });
  expect(facts).toMatchObject({ foundAfterMs: 400, curedAfterMs: 600 });
  expect(facts.events.map(({ atS }) => atS)).toEqual([0.5, 1.3, 1.4, 1.45, 1.6, 2.9]);
  expect(measure(() => 1)).not.toHaveProperty('foundAfterMs');
});

test('writes per like are those of the measured part', () => {
  const at = (s: number, transactions: number, likes: number) => ({
    ...{ atUs: 1_000_000 + s * 1e6, transactions, likes, countUpdates: transactions * 2 },
  });
  const writes = [at(0, 0, 0), at(1.4, 900, 900), at(1.6, 1_000, 1_000), at(1.9, 1_010, 1_100)];
  expect(measure(() => 1, { writes })).toMatchObject({
    transactionsPerLike: 0.1,
    countUpdatesPerLike: 0.2,
  });
  expect(measure(() => 1, { writes: writes.slice(0, 3) })).not.toHaveProperty(
    'transactionsPerLike',
  );
});

test('where no post goes viral, the second half of the trial is looked at', () => {
  using folder = recordsFolder();
  const input = { ...recordsOf(folder.path, () => 3), likes: 300, plan: PLAN, hot: NOTHING };
  const facts = hotSpotSchema.parse(measureHotSpot(input));
  expect(facts.flash).toBeUndefined();
  expect(facts.measured.toS).toBeCloseTo(2.99);
  expect(facts.groups.map(({ likes }) => likes > 0)).toEqual([false, true, true]);
});
