/**
 * Waits of an open loop, finer than Node's timers, which tick in ms: the far part by a timer, the
 * rest by a wait of the thread that the system's own clock ends, some 0.06 ms late. That costs no
 * CPU, where a loop that turns until the time has come would take a core from the server under
 * test. Nothing else happens in the process meanwhile, so it is for a moment in which nothing else
 * can: no send is under way.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** A timer of this length may be over after this time and one tick more. */
const TICK_MS = 1;
/** The thread waits for no longer than this at a time. */
const BLOCK_MS_MAX = 2 * TICK_MS;
/** The longest sleep: whoever is told to stop meanwhile stops after it. */
const SLEEP_MS_MAX = 10;
/** Above this rate likes go out in groups, one a tick: a send for each would cost more than it
 * shows, in the client and in the server. */
const FINE_LIKES_PER_S_MAX = 10_000;

const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4));

/**
 * Resolves at `dueUs` or earlier, when SLEEP_MS_MAX is over; a few hundredths of a ms late, or up
 * to two ticks where the thread may not wait.
 *
 * @param isIdle whether nothing that this process waits for can happen until then
 */
export async function untilDue(
  dueUs: number,
  clock: Clock,
  { isIdle, likesPerS = 0 }: { readonly isIdle: boolean; readonly likesPerS?: number },
): Promise<void> {
  const leftMs = (dueUs - clock.nowUs()) / 1_000;
  if (leftMs > BLOCK_MS_MAX) return sleep(Math.min(SLEEP_MS_MAX, Math.floor(leftMs - TICK_MS)));
  if (!isIdle || likesPerS > FINE_LIKES_PER_S_MAX) return sleep(TICK_MS);
  // Whatever has come by now is heard first.
  await nextTurn();
  const stillMs = (dueUs - clock.nowUs()) / 1_000;
  if (stillMs > 0) Atomics.wait(NOBODY_WAKES, 0, 0, stillMs);
}
