import { expect, test } from 'vitest';
import { WINDOWS, Windows } from '../../../lab/audit/rate-span.ts';

/** Blocks of 50 likes, so many ms apart; from the third on they are past the warm-up. */
function windowsOf(times: readonly number[]) {
  const windows = new Windows();
  for (const [place, ms] of times.entries()) windows.event(ms * 1_000, 50, place >= 2);
  return windows.windows();
}
const every = (ms: number, blocks: number) => Array.from({ length: blocks }, (_, at) => at * ms);

test('even work has even windows: the block that begins them is not in them', () => {
  const found = windowsOf(every(10, 103));
  expect(found).toEqual({ windowS: 0.1, likes: new Array(WINDOWS).fill(500), blocks: 100 });
});

test('a stall is in its window, and where the time is short as well', () => {
  const times = every(1, 103).filter((ms) => ms <= 52 || ms > 62);
  const found = windowsOf(times)!;
  expect(found.windowS).toBeCloseTo(0.01, 9);
  expect(found.likes).toEqual([500, 500, 500, 500, 500, 0, 500, 500, 500, 500]);
  expect(found.blocks).toBe(90);
});

test('a time of less than a step for each has none, nor has nothing', () => {
  expect(windowsOf(every(1, 12))).toBeUndefined();
  expect(windowsOf([])).toBeUndefined();
});
