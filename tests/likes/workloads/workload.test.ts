import { describe, expect, test } from 'vitest';
import {
  openWorkload,
  type PlannedLike,
  WORKLOADS,
  WorkloadError,
  WorkloadHash,
  type WorkloadName,
  type WorkloadOptions,
} from '../../../likes/workloads/workload.ts';
import { flashRank, flashWindow } from '../../../likes/workloads/zipf.ts';
import { zipfChances } from '../../../likes/workloads/zipf-posts.ts';

const LIKES = 200_000;
const names = WORKLOADS.map((workload) => workload.name);

function hashOf(name: WorkloadName, options: WorkloadOptions): string {
  const hash = new WorkloadHash();
  for (const like of openWorkload(name, options).stream()) hash.add(like);
  return hash.digest();
}

function distinctOf(name: WorkloadName, likes = LIKES): PlannedLike[] {
  return [...openWorkload(name, { likes, seed: 1 }).stream()].filter((like) => !like.retry);
}

function failureOf(name: string, options: WorkloadOptions): WorkloadError {
  try {
    openWorkload(name as WorkloadName, options);
  } catch (error) {
    if (error instanceof WorkloadError) return error;
    throw error;
  }
  throw new Error('opened, but should not have been');
}

/** Every user's presses on every post, in the order of the stream. */
function pressesByUser(likes: readonly PlannedLike[]): PlannedLike[][] {
  return [...Map.groupBy(likes, (like) => `${like.post} ${like.user}`).values()];
}

function isDouble(like: PlannedLike, before: PlannedLike | undefined): boolean {
  return before?.user === like.user && before.post === like.post && before.action === like.action;
}

describe.each(names)('%s', (name) => {
  const workload = openWorkload(name, { likes: LIKES, seed: 1 });
  const sent = [...workload.stream()];
  const distinct = sent.filter((like) => !like.retry);

  test('holds as many likes as asked for, with dense seqs', () => {
    expect(distinct.map((like) => like.seq)).toEqual(
      Array.from({ length: LIKES }, (_, seq) => seq),
    );
    expect(workload.likes).toBe(LIKES);
  });

  test('repeats about 0.5 % exactly', () => {
    const retries = sent.filter((like) => like.retry);
    // Five standard deviations of a binomial count with n = 200,000 and p = 0.005 are 158.
    expect(Math.abs(retries.length - 1_000)).toBeLessThan(158);
    for (const retry of retries) expect({ ...retry, retry: false }).toEqual(distinct[retry.seq]);
  });

  test('gives each user’s presses on a post the versions 1, 2, 3 and so on', () => {
    for (const presses of pressesByUser(distinct)) {
      expect(presses.map((like) => like.version)).toEqual(presses.map((_, place) => place + 1));
    }
  });

  test('names every post that occurs', () => {
    const known = new Set(workload.posts);
    expect(known.size).toBe(workload.posts.length);
    expect(distinct.every((like) => known.has(like.post))).toBe(true);
  });

  test('is the same for the same seed, each time it is streamed, and another for another', () => {
    const hash = hashOf(name, { likes: LIKES, seed: 1 });
    const again = new WorkloadHash();
    for (const like of workload.stream()) again.add(like);
    expect(again.digest()).toBe(hash);
    expect(hashOf(name, { likes: LIKES, seed: 2 })).not.toBe(hash);
  });

  test('never changes', () => {
    expect(hashOf(name, { likes: 10_000, seed: 1 })).toBe(HASHES[name]);
  });

  test('has double presses at its rate', () => {
    const doubles = distinct.filter((like, place) => isDouble(like, distinct[place - 1]));
    const expected = (LIKES * workload.doublePressShare) / (1 + workload.doublePressShare);
    // Five standard deviations of a binomial count with n = 200,000 and p = 0.01 are 222.
    expect(Math.abs(doubles.length - expected)).toBeLessThanOrEqual(expected === 0 ? 0 : 222);
  });
});

describe('trending', () => {
  test.each([1, 999, LIKES])('of %i likes has the expected count on each post', (likes) => {
    const workload = openWorkload('trending', { likes, seed: 1 });
    const counts = new Map(workload.posts.map((post) => [post, { likes: 0, unlikes: 0 }]));
    for (const like of workload.stream()) {
      if (!like.retry) counts.get(like.post)![like.action === 'like' ? 'likes' : 'unlikes'] += 1;
    }
    expect(workload.posts).toHaveLength(1_800);
    expect(counts).toEqual(workload.expectedCounts());
  });

  test('whole has the counts of the file, and every unlike comes after its like', () => {
    const workload = openWorkload('trending', { likes: 'all', seed: 1 });
    const counts = new Map(workload.posts.map((post) => [post, { likes: 0, unlikes: 0 }]));
    const unlikes: PlannedLike[] = [];
    let likeVersionsAbove1 = 0;
    for (const like of workload.stream()) {
      if (like.retry) continue;
      const count = counts.get(like.post)!;
      if (like.action === 'like') count.likes += 1;
      else count.unlikes += 1;
      if (like.action === 'unlike') unlikes.push(like);
      else if (like.version !== 1) likeVersionsAbove1 += 1;
    }
    expect(workload.likes).toBe(55_043_504);
    expect(counts).toEqual(workload.expectedCounts());
    expect(unlikes).toHaveLength(439);
    expect(unlikes.every((like) => like.version === 2)).toBe(true);
    expect(likeVersionsAbove1).toBe(0);
  }, 120_000);

  test('comes in another order, from other users, with another seed', () => {
    const [one, other] = [1, 2].map((seed) => [
      ...openWorkload('trending', { likes: 1_000, seed }).stream(),
    ]);
    expect(one!.map((like) => like.post)).not.toEqual(other!.map((like) => like.post));
    expect(one!.map((like) => like.user)).not.toEqual(other!.map((like) => like.user));
  });

  test('starts with the first listed day and mixes its videos', () => {
    const likes = distinctOf('trending', 10_000);
    // 7,752,206 of 55,043,504 presses are on the first day, in which 200 videos are listed.
    const firstDay = likes.slice(0, 1_400);
    const halves = [firstDay.slice(0, 700), firstDay.slice(700)];
    const [top] = [...Map.groupBy(firstDay, (like) => like.post)].sort(
      ([, one], [, other]) => other.length - one.length,
    );
    const [early, late] = halves.map((half) => half.filter(({ post }) => post === top![0]).length);
    // Five standard deviations of how many of the m likes of a video fall in the first half.
    expect(Math.abs(early! - late!)).toBeLessThan(5 * Math.sqrt(top![1].length));
    expect(new Set(firstDay.map((like) => like.post)).size).toBeGreaterThan(50);
  });
});

describe('zipf', () => {
  test('gives the most popular post its share', () => {
    const likes = distinctOf('zipf');
    const chance = zipfChances(10_000)[0]!;
    const share = likes.filter((like) => like.post === 'p00000').length / LIKES;
    // Five standard deviations, with a margin for double presses, which go in pairs.
    expect(Math.abs(share - chance)).toBeLessThan(6 * Math.sqrt((chance * (1 - chance)) / LIKES));
  });

  test('has as many posts as asked for', () => {
    const workload = openWorkload('zipf', { likes: 1_000, seed: 1, posts: 3 });
    expect(workload.posts).toEqual(['p00000', 'p00001', 'p00002']);
    expect(new Set([...workload.stream()].map((like) => like.post)).size).toBe(3);
  });
});

test('flash gives one post half of the traffic in the middle third, else next to none', () => {
  const likes = distinctOf('flash');
  const { start, end } = flashWindow(LIKES);
  const post = openWorkload('flash', { likes: 1, seed: 1 }).posts[flashRank(10_000)];
  const shareOf = (part: readonly PlannedLike[]) =>
    part.filter((like) => like.post === post).length / part.length;
  expect(shareOf(likes.slice(0, start))).toBeLessThan(0.001);
  expect(Math.abs(shareOf(likes.slice(start, end)) - 0.5)).toBeLessThan(0.012);
  expect(shareOf(likes.slice(end))).toBeLessThan(0.001);
});

test('flash tells which post goes viral and when, and takes another share for it', () => {
  const { flash, stream } = openWorkload('flash', { likes: 3_000, seed: 2, flashShare: 0.9 });
  const { start, end } = flashWindow(3_000);
  expect(flash).toEqual({ post: 'p05000', share: 0.9, start, end });
  const during = [...stream()].filter(({ seq, retry }) => seq >= start && seq < end && !retry);
  const share = during.filter(({ post }) => post === flash!.post).length / during.length;
  expect(Math.abs(share - 0.9)).toBeLessThan(0.05);
  expect(openWorkload('zipf', { likes: 10, seed: 2 }).flash).toBeUndefined();
});

test('toggles alternates like and unlike in runs of 2 to 6 presses of one user', () => {
  const likes = distinctOf('toggles');
  const lengths = new Set<number>();
  // The end of the stream may cut the last run short, so it is left out.
  for (const presses of pressesByUser(likes).slice(0, -1)) {
    const seqs = presses.map((like) => like.seq);
    expect(seqs.at(-1)! - seqs[0]!).toBe(seqs.length - 1);
    const turns = presses.filter((like, place) => !isDouble(like, presses[place - 1]));
    const actions = turns.map((like) => like.action);
    expect(actions).toEqual(actions.map((_, place) => (place % 2 === 0 ? 'like' : 'unlike')));
    lengths.add(turns.length);
  }
  expect([...lengths].sort()).toEqual([2, 3, 4, 5, 6]);
});

describe('only trending', () => {
  test('knows what to expect', () => {
    const options = { likes: 10, seed: 1 };
    const known = names.filter(
      (name) => openWorkload(name, options).expectedCounts() !== undefined,
    );
    expect(known).toEqual(['trending']);
  });
});

describe('opening a workload', () => {
  const options = { likes: 10, seed: 1 };

  test.each<[string, WorkloadOptions, RegExp]>([
    ['trendy', options, /"trendy": choose one of trending, zipf, flash, toggles, newest$/],
    ['zipf', { likes: 'all', seed: 1 }, /give a number of likes/],
    ['zipf', { likes: 0, seed: 1 }, /likes is 0: give a whole number from 1 to 67108864/],
    ['zipf', { likes: 1.5, seed: 1 }, /likes is 1.5/],
    ['zipf', { likes: Number.NaN, seed: 1 }, /likes is NaN/],
    ['trending', { likes: 2_000_000_000, seed: 1 }, /from 1 to 1000000000/],
    ['toggles', { likes: 10, seed: -1 }, /seed is -1: give a whole number from 0 to 4294967295/],
    ['flash', { ...options, posts: 0 }, /posts is 0/],
    ['flash', { ...options, flashShare: 1 }, /share of the viral post is 1: give a number between/],
    ['zipf', { ...options, flashShare: 0.5 }, /zipf has no post that goes viral/],
    ['trending', { ...options, flashShare: 0.5 }, /leave the share of a viral post out/],
    ['flash', { ...options, data: 'a.csv' }, /reads no file/],
    ['trending', { ...options, posts: 5 }, /leave the number of posts out/],
    ['trending', { ...options, authors: true }, /leave the authors out/],
    ['toggles', { ...options, exponent: 1 }, /one exponent and no authors/],
    ['zipf', { ...options, exponent: 3.1 }, /exponent is 3.1: give a number from 0 to 3/],
    ['newest', { ...options, exponent: Number.NaN }, /exponent is NaN/],
  ])('%s with %j is refused in one line', (name, wrong, message) => {
    const error = failureOf(name, wrong);
    expect(error.code).toBe('USAGE');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });
});

/** Of 10,000 likes with seed 1. A change here makes results of before and after incomparable. */
const HASHES: Record<WorkloadName, string> = {
  trending: '146053c6bd40f656',
  zipf: 'a4754006151d9ec9',
  flash: '889d16af5e72ec57',
  toggles: 'c9fca9d603ca34d1',
  newest: 'b4d043875164c9b7',
};
