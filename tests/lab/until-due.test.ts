import { describe, expect, test } from 'vitest';
import { openClock } from '../../lab/clock.ts';
import { untilDue } from '../../lab/until-due.ts';

/** A busy machine takes the processor away at times; a calm moment shows what the wait can do. */
const TRIES = 100;

async function lateUs(waitUs: number, isIdle: boolean, likesPerS = 1_000): Promise<number[]> {
  const clock = openClock();
  const late: number[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    const dueUs = clock.nowUs() + waitUs;
    while (clock.nowUs() < dueUs) await untilDue(dueUs, clock, { isIdle, likesPerS });
    late.push(clock.nowUs() - dueUs);
  }
  return late.sort((a, b) => a - b);
}

describe('a wait until a like is due', () => {
  test.each([150, 800, 3_300])(
    'of %d µs ends with it, far within a tick of a timer',
    async (us) => {
      const late = await lateUs(us, true);
      // A timer that ticks in ms would come within 0.1 ms in one of ten waits, if at all.
      expect(late[Math.floor(TRIES * 0.1)]).toBeLessThan(100);
      expect(late[0]).toBeGreaterThanOrEqual(0);
    },
  );

  test('lets what is under way go on: with a send in flight the thread is never held', async () => {
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const wait = Atomics.wait;
    let held = 0;
    Atomics.wait = ((...told: Parameters<typeof wait>) => {
      held++;
      return wait(...told);
    }) as typeof wait;
    await lateUs(1_000, false);
    expect(held).toBe(0);
    // Nor where likes go out in groups anyway.
    await lateUs(50, true, 50_000);
    expect(held).toBe(0);
    await lateUs(800, true);
    expect(held).toBeGreaterThan(0);
    Atomics.wait = wait;
    clearInterval(turning);
    expect(turns).toBeGreaterThan(0);
  });

  test('comes back before a far due time, so that an order to stop is heard', async () => {
    const clock = openClock();
    const beganUs = clock.nowUs();
    await untilDue(beganUs + 60e6, clock, { isIdle: true });
    expect(clock.nowUs() - beganUs).toBeLessThan(10e6);
  });
});
