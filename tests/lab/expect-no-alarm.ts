/** For tests of false alarms: in CI with fewer likes than in `npm run test:full`. */
import { expect } from 'vitest';
import { judgeBusyTrial } from './busy-trial.ts';

/** Fails for anything that a checker finds in a trial in which nothing went wrong. */
export async function expectNoAlarm(options: {
  readonly likes: number;
  readonly seed: number;
}): Promise<void> {
  const { ledger, truncations, lostBefore, verdict, reasons } = await judgeBusyTrial(options);
  const { likes } = options;
  expect({ verdict, reasons, truncations }).toEqual({
    verdict: 'pass',
    reasons: [],
    truncations: [],
  });
  const { sentAgain, redelivered, ok, unknown, recovered, expectedPosts, ...rest } = ledger;
  expect(rest).toEqual({
    attempted: likes,
    counted: likes,
    fail: 0,
    lost: 0,
    stuck: 0,
    doubleEffects: 0,
    late: 0,
    revived: 0,
    phantom: 0,
    parked: 2,
    wronglyParked: 0,
    inversions: 0,
    inversionSeqsMax: 0,
    offsetConflicts: 0,
    offsetGaps: 0,
    storedAgain: 0,
    splitPosts: 0,
    miscountedPosts: 0,
    miscountedLikes: 0,
    miscountedLikesMax: 0,
    misplacedPosts: 0,
    unexpectedPosts: 0,
    residual: 0,
  });
  // Much has happened in it, or its silence would prove little.
  for (const allowed of [sentAgain, redelivered, unknown, expectedPosts!]) {
    expect(allowed).toBeGreaterThan(likes / 1_000);
  }
  expect({ all: ok + unknown, recovered }).toEqual({ all: likes, recovered: unknown });
  expect(lostBefore?.map(({ count }) => count)).toEqual([0, 0]);
}
