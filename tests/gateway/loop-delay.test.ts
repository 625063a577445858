import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LASTING_BEATS, LoopDelay } from '../../gateway/loop-delay.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Time that passes while no timer runs. */
function block(ms: number): () => void {
  const spy = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + ms);
  return () => spy.mockRestore();
}

test('one late beat is told and is no overload, several in a row are', () => {
  using delay = new LoopDelay();
  vi.advanceTimersByTime(200);
  expect(delay.ms).toBe(0);
  let nowMs = performance.now();
  const now = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  for (let late = 1; late <= LASTING_BEATS; late++) {
    nowMs += 320;
    vi.advanceTimersToNextTimer();
    expect(delay.ms).toBe(300);
    expect(delay.lastingMs).toBe(late < LASTING_BEATS ? 0 : 300);
  }
  nowMs += 20;
  vi.advanceTimersToNextTimer();
  expect(delay.ms).toBe(0);
  expect(delay.lastingMs).toBe(0);
  now.mockRestore();
});

test('a beat that has not come yet is late already', () => {
  using delay = new LoopDelay();
  const end = block(170);
  expect(delay.ms).toBe(150);
  end();
});
