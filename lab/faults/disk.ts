/** What the faults of a disk have in common: waiting for proof, and who has no such disk. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiskControl, DiskCounts, Server } from '../../brokers/servers/server.ts';
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

/** How much the library has counted since now. */
export function countFromNow(disk: DiskControl, count: keyof DiskCounts): () => number {
  const before = disk.counts()[count];
  return () => disk.counts()[count] - before;
}

/** Why nothing that happens to its disk can matter to it; undefined when it can. */
export function whyNoDisk({ disk, tier, title }: Server): string | undefined {
  if (tier === 'memory') return `${title} keeps nothing on a disk at this tier`;
  if (disk === undefined) return `no library stands between ${title} and its disk`;
  return undefined;
}

/** Why a slow fsync cannot matter to it; undefined when it can. */
export function whyNoSyncs(server: Server): string | undefined {
  const { name, tier } = server;
  if (name === 'redis' && tier === 'kill') return 'with appendfsync no, Redis never syncs';
  return whyNoDisk(server);
}
