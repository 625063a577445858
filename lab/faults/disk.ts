/** What the faults of a disk have in common: waiting for proof, and who has no such disk. */
import type { DiskControl, DiskCounts, Server } from '../../brokers/servers/server.ts';
import type { Stage } from './fault.ts';
import { untilTrue, wait } from './waiting.ts';

/** How much the library has counted since now. */
export function countFromNow(disk: DiskControl, count: keyof DiskCounts): () => number {
  const before = disk.counts()[count];
  return () => disk.counts()[count] - before;
}

export interface DiskTrouble {
  readonly disk: DiskControl;
  /** What the library counts of it: the proof that somebody has met it. */
  readonly proof: keyof DiskCounts;
  /** How long it is waited for. */
  readonly proofMsMax: number;
  /** From the proof on. */
  readonly lastsMs: number;
  set(isOn: boolean): void;
}

/** Over whatever happens. Resolves with how often it was met; 0 where nobody met it in time. */
export async function trouble(
  { disk, proof, proofMsMax, lastsMs, set }: DiskTrouble,
  stage: Pick<Stage, 'crew' | 'signal'>,
): Promise<number> {
  const met = countFromNow(disk, proof);
  set(true);
  try {
    if (await untilTrue(() => met() > 0, proofMsMax, stage)) await wait(lastsMs, stage);
  } finally {
    set(false);
  }
  return met();
}

/** No room on the disk. */
export function fill(
  disk: DiskControl,
  times: Pick<DiskTrouble, 'proofMsMax' | 'lastsMs'>,
  stage: Pick<Stage, 'crew' | 'signal'>,
): Promise<number> {
  const set = (isOn: boolean) => disk.refuseWrites(isOn);
  return trouble({ disk, proof: 'writesRefused', set, ...times }, stage);
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
