import { expect, test } from 'vitest';
import { detectionAtRates } from '../../lab/hot-detection.ts';

/** Tools that name no post at all. */
const BLIND = {
  openWindow: () => ({ see: () => undefined, summary: () => ({ total: 0, posts: [] }) }),
  merge: () => ({ total: 0, posts: [] }),
  halfWindowMs: 500,
  enterShare: 0.3,
};

test('a flash that is never found is told as such, and not as one found at once', () => {
  const [slow] = detectionAtRates('flash', { seed: 3, flashShare: 0.9 }, BLIND);
  expect(slow).toMatchObject({ likesPerS: 1_000, recallAt10: 0, notFound: 5 });
  expect(slow).not.toHaveProperty('delayMs');
});
