/** Where the lab keeps what need not be committed: jars, data of servers, logs. */
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalServerError, systemCodeOf } from './errors.ts';

/** The git-ignored folder in the project's root. */
export const LAB_FOLDER = fileURLToPath(new URL('../../../.lab', import.meta.url));

const PROBE_BYTES = 4096;
/** Below this, Kafka and Redis fail in the middle of a trial instead of at its start. */
const DISK_FREE_BYTES_MIN = 512 * 1024 * 1024;

/**
 * Makes a folder and proves that it can be written to.
 * @throws LocalServerError LAB_FOLDER_UNUSABLE, which names the folder and the reason
 */
export async function makeUsableFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const probe = join(folder, `.writable-${process.pid}-${crypto.randomUUID()}`);
    // One block: an empty file can still be made on a disk that is full.
    await writeFile(probe, Buffer.alloc(PROBE_BYTES));
    await rm(probe);
  } catch (cause) {
    throw new LocalServerError(
      'LAB_FOLDER_UNUSABLE',
      `cannot write to ${folder} (${systemCodeOf(cause) ?? cause}); ` +
        'free space there or correct its permissions, and run again',
      { cause },
    );
  }
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= DISK_FREE_BYTES_MIN) return;
  throw new LocalServerError(
    'LAB_FOLDER_UNUSABLE',
    `only ${Math.floor(freeBytes / 1024 ** 2)} MiB are free at ${folder}, servers need ` +
      `${DISK_FREE_BYTES_MIN / 1024 ** 2} MiB; free space there and run again`,
  );
}
