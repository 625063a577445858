import { describe, expect, test } from 'vitest';
import { type PlannedLike, WorkloadHash } from '../../../likes/workloads/workload.ts';

const one: PlannedLike = {
  seq: 0,
  post: 'p00000',
  user: 'u01234567',
  action: 'like',
  version: 1,
  retry: false,
};
const two: PlannedLike = {
  seq: 2 ** 32 - 1,
  post: '-1fzGnFwz9M',
  user: 'u67108863',
  action: 'unlike',
  version: 2,
  retry: true,
};

function hashOf(...likes: PlannedLike[]): string {
  const hash = new WorkloadHash();
  for (const like of likes) hash.add(like);
  return hash.digest();
}

describe('the workload hash', () => {
  test('never changes: these were worked out by a separate program in another language', () => {
    expect(hashOf()).toBe('0a764bad25c87989');
    expect(hashOf(one)).toBe('60b77bdfe64b3f44');
    expect(hashOf(one, two)).toBe('d94e60c3655f27a0');
    expect(hashOf(two, one)).toBe('079ce5d27b5d2226');
  });

  test.each([
    { seq: 1 },
    { post: 'p00001' },
    { user: 'u01234568' },
    { action: 'unlike' as const },
    { version: 2 },
    { retry: true },
    { post: 'p00000u', user: '01234567' },
  ])('depends on %j', (change) => {
    expect(hashOf({ ...one, ...change })).not.toBe(hashOf(one));
  });

  test('leaves out whatever else a like carries', () => {
    const sent = { ...one, source: 'gateway-1', likedAtMs: 1_505_260_800_000 };
    expect(hashOf(sent)).toBe(hashOf(one));
  });

  test('may be read in between', () => {
    const hash = new WorkloadHash();
    hash.add(one);
    expect(hash.digest()).toBe(hashOf(one));
    hash.add(two);
    expect(hash.digest()).toBe(hashOf(one, two));
  });
});
