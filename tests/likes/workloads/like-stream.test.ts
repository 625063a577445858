import { describe, expect, test } from 'vitest';
import { LikeStream, RETRY_PLACES_MAX } from '../../../likes/workloads/like-stream.ts';
import type { PlannedLike } from '../../../likes/workloads/planned-like.ts';

function streamOf(likes: number, seed: number): PlannedLike[] {
  const make = (seq: number): PlannedLike => ({
    seq,
    post: 'p',
    user: `u${seq}`,
    action: 'like',
    version: 1,
    retry: false,
  });
  return [...new LikeStream({ make }, { likes, seed })];
}

describe('retries', () => {
  const sent = streamOf(100_000, 1);
  const firstPlace = new Map<number, number>();
  for (const [place, like] of sent.entries()) if (!like.retry) firstPlace.set(like.seq, place);
  const retries = [...sent.entries()].filter(([, like]) => like.retry);

  test('repeat an earlier like exactly, 1 to 200 places later and at most once', () => {
    const repeated = new Set<number>();
    for (const [place, retry] of retries) {
      const first = firstPlace.get(retry.seq)!;
      expect({ ...retry, retry: false }).toEqual(sent[first]);
      expect(place - first).toBeGreaterThanOrEqual(1);
      expect(place - first).toBeLessThanOrEqual(RETRY_PLACES_MAX);
      expect(repeated.has(retry.seq)).toBe(false);
      repeated.add(retry.seq);
    }
  });

  test('are near 0.5 % of the likes', () => {
    // Five standard deviations of a binomial count with n = 100,000 and p = 0.005 are 112.
    expect(Math.abs(retries.length - 500)).toBeLessThan(112);
  });

  test('leave the likes themselves dense and in order', () => {
    const seqs = sent.filter((like) => !like.retry).map((like) => like.seq);
    expect(seqs).toEqual(Array.from({ length: 100_000 }, (_, seq) => seq));
  });

  test('still come out when the likes end before them', () => {
    // A thousand streams of 100 likes have about 500 retries, most of them after the last like.
    const all = Array.from({ length: 1_000 }, (_, seed) => streamOf(100, seed));
    const count = all.flat().filter((like) => like.retry).length;
    expect(Math.abs(count - 500)).toBeLessThan(112);
    expect(all.filter((likes) => likes.at(-1)!.retry).length).toBeGreaterThan(100);
  });

  test('end once and for all', () => {
    const stream = new LikeStream({ make: () => sent[0]! }, { likes: 0, seed: 1 });
    expect(stream.next()).toEqual({ done: true, value: undefined });
    expect(stream.next()).toEqual({ done: true, value: undefined });
  });
});
