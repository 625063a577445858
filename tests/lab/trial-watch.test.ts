import { describe, expect, test } from 'vitest';
import { liveOf } from '../../lab/trial-watch.ts';

const LEDGER = { attempted: 120, ok: 100, unknown: 5, fail: 5, counted: 90 };
const LAST = { likedAtMs: 10_000, lagMs: 40 };

describe('backlog and lag of a trial that goes on', () => {
  test('are what was neither refused nor counted, and how late the last count was', () => {
    expect(liveOf(LEDGER, LAST, true, 12_000)).toEqual({ ledger: LEDGER, backlog: 25, lagMs: 40 });
  });

  test('grow while nothing is counted although a backlog waits', () => {
    expect(liveOf(LEDGER, LAST, false, 12_000).lagMs).toBe(2_000);
    const done = { ...LEDGER, counted: 115 };
    expect(liveOf(done, LAST, false, 12_000)).toEqual({ ledger: done, backlog: 0, lagMs: 40 });
  });

  test('are never below 0, though sums of two processes are of two moments', () => {
    const ahead = { ...LEDGER, counted: 130 };
    expect(liveOf(ahead, { ...LAST, lagMs: -1 }, true)).toMatchObject({ backlog: 0, lagMs: 0 });
  });

  test('have no lag before anything was counted', () => {
    const none = { ...LEDGER, counted: 0 };
    expect(liveOf(none, undefined, false)).toEqual({ ledger: none, backlog: 115 });
  });
});
