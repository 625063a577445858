/** How a fault waits: for a while, for proof, or for the next send. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './fault.ts';

const POLL_MS = 5;

/** Rejects when the trial is interrupted, or when a worker dies that nobody has struck. */
export function wait(timeMs: number, { crew, signal }: Pick<Stage, 'crew' | 'signal'>) {
  return crew.whileAlive(sleep(timeMs, undefined, { signal }), signal);
}

/** Whether it came true in time. Rejects as `wait` does. */
export async function untilTrue(
  isTrue: () => boolean,
  limitMs: number,
  stage: Pick<Stage, 'crew' | 'signal'>,
): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) return false;
    await wait(POLL_MS, stage);
  }
  return true;
}

/** Resolves when a producer begins its next send. */
export function untilSending({ crew, signal }: Pick<Stage, 'crew' | 'signal'>): Promise<void> {
  return crew.whileAlive(crew.producer!.untilSending(), signal);
}
