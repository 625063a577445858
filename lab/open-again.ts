/** A consumer under a supervisor: when it gives up, for instance since its queue is gone, it is
 * opened again, as whoever runs such a process would have it started again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LikeConsumer } from '../likes/like.ts';

/** An opening under way when the trial ends gets this long. */
const STOP_TIMEOUT_MS = 10_000;
/** Between two tries to open it. */
const REOPEN_PAUSE_MS = 200;

export interface SupervisedConsumer {
  readonly failed: Promise<never>;
  readonly reopened: number;
  stop(): Promise<void>;
}

/** Without a supervisor: what fails has failed. */
export async function openOnce(open: () => Promise<LikeConsumer>): Promise<SupervisedConsumer> {
  const consumer = await open();
  return { failed: consumer.failed, reopened: 0, stop: () => consumer.stop() };
}

/** Rejects when it cannot be opened the first time; from then on it is opened again for ever. */
export async function openAgainAndAgain(
  open: () => Promise<LikeConsumer>,
): Promise<SupervisedConsumer> {
  let current: LikeConsumer | undefined = await open();
  let stopping = false;
  let reopened = 0;

  async function supervise(): Promise<void> {
    while (current !== undefined) {
      const failed = await Promise.race([
        current.failed.catch(() => true),
        stopRequested.promise.then(() => false),
      ]);
      if (!failed) return;
      // It has given up already; that closing it fails as well is no news.
      await current.stop().catch(() => undefined);
      current = await openUntilStopped();
    }
  }

  async function openUntilStopped(): Promise<LikeConsumer | undefined> {
    while (!stopping) {
      const opened = await open().catch(() => undefined);
      if (opened !== undefined && stopping) {
        await opened.stop().catch(() => undefined);
        return undefined;
      }
      if (opened !== undefined) {
        reopened++;
        return opened;
      }
      await sleep(REOPEN_PAUSE_MS);
    }
    return undefined;
  }

  const stopRequested = Promise.withResolvers<void>();
  const supervised = supervise();
  return {
    failed: new Promise(() => undefined),
    get reopened() {
      return reopened;
    },
    async stop() {
      stopping = true;
      stopRequested.resolve();
      // A server that hangs may keep an opening for ever; nobody waits for that.
      await Promise.race([supervised, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      const closed = current?.stop();
      closed?.catch(() => undefined);
      await Promise.race([closed, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    },
  };
}
