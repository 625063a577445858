/**
 * Measures the checker on clean likes, from files and a store on disk:
 * `node tests/lab/check-speed.ts [LIKES] [LIKES_PER_BATCH]`. 28 bytes of disk a like, and half a
 * second for each million to write them.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CheckOutput } from '../../lab/checker.ts';

const LIKES_DEFAULT = 10_000_000;
const LIKES_PER_BATCH_DEFAULT = 2_000;
const MEGABYTE = 1e6;

export interface CheckMeasured extends Pick<CheckOutput, 'ledger' | 'truncations'> {
  /** Of the whole check, from the first record to the ledger. */
  readonly seconds: number;
  /** The same by the processor's clock, which others on the machine do not lengthen. */
  readonly cpuSeconds: number;
  /** Largest resident memory of the process that checked, Node itself included. */
  readonly memoryBytesMax: number;
}

/** Writes a clean trial in one process and checks it in another. */
export async function measureCheck(
  likes: number,
  likesPerBatch = LIKES_PER_BATCH_DEFAULT,
): Promise<CheckMeasured> {
  const folder = mkdtempSync(join(tmpdir(), 'check-speed-'));
  const run = (program: string, ...rest: number[]) => {
    const path = fileURLToPath(new URL(program, import.meta.url));
    return promisify(execFile)(process.execPath, [path, folder, ...rest.map(String)]);
  };
  try {
    await run('write-clean-trial.ts', likes, likesPerBatch);
    const { stdout } = await run('check-clean-trial.ts', likes);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One line for people. */
export function describeCheck(likes: number, measured: CheckMeasured): string {
  const { seconds, cpuSeconds, memoryBytesMax } = measured;
  const millions = (perSecond: number) => (perSecond / 1e6).toFixed(1);
  return (
    `${likes} likes checked in ${seconds.toFixed(1)} s: ${millions(likes / seconds)} million/s, ` +
    `${millions(likes / cpuSeconds)} million per second of processor time, ` +
    `${Math.round(memoryBytesMax / MEGABYTE)} MB resident at most`
  );
}

if (import.meta.main) {
  const [likes = LIKES_DEFAULT, likesPerBatch] = process.argv.slice(2).map(Number);
  console.log(describeCheck(likes, await measureCheck(likes, likesPerBatch)));
}
