/**
 * The disk of a server under the disk library: what an fsync has brought there, and what a power
 * cut would have taken.
 */
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ServerDisk } from '../../server.ts';
import { LocalServerError } from '../errors.ts';
import { openDiskControl } from './disk-control.ts';

/** `struct note` of disk-library.c: device, inode, time of birth, kind and size, 64 bits each. */
const NOTE_WORDS = 5;
type Note = BigUint64Array & [bigint, bigint, bigint, bigint, bigint];
/** `enum note_kind` of disk-library.c; the other one is SYNCED. */
const TRUNCATED = 2n;

const JOURNAL_FILE = 'disk.journal';

export interface ServerDiskOptions {
  /** Of the server; gets the control file and the journal. */
  readonly folder: string;
  readonly dataFolder: string;
  /**
   * Whether the server only ever adds to the end of a file, by its path below the data folder with
   * `/` on every system. Undefined: it writes in place.
   */
  readonly appendOnly: ((path: string) => boolean) | undefined;
  readonly isRunning: () => boolean;
  readonly log: (line: string) => void;
}

export interface OpenedServerDisk {
  readonly disk: ServerDisk;
  /** To be added to the environment of the server. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Before every start, while no server runs: what lies there now counts as on the disk, whether
   * it was ever synced or not. So a power cut takes only what was written since the last start.
   */
  beginLife(): Promise<void>;
  isUsedBy(pid: number): boolean;
}

/** @throws LocalServerError DISK_LIBRARY_MISSING when the library cannot be built */
export async function openServerDisk(options: ServerDiskOptions): Promise<OpenedServerDisk> {
  const { folder, dataFolder, appendOnly, log } = options;
  const journalFile = join(folder, JOURNAL_FILE);
  const opened = await openDiskControl({ folder, filesFolder: dataFolder, journalFile, log });
  const filesMeant = async () => (appendOnly ? filesOf(dataFolder, appendOnly) : []);
  let atStart = new Map<string, bigint>();

  async function beginLife(): Promise<void> {
    await writeFile(journalFile, '');
    opened.forgetSyncsUnderWay();
    atStart = new Map((await filesMeant()).map(({ id, size }) => [id, size]));
  }

  /**
   * A lower bound on what a power cut takes: files that are not append-only, and the entries of
   * folders, stay as they are, and what the kernel wrote by itself counts as lost only in the
   * files that are cut. A file that was never synced keeps what it had at the start.
   */
  async function cutBack(): Promise<{ files: number; bytes: number }> {
    if (options.isRunning()) {
      throw new LocalServerError(
        'SERVER_NOT_ENDED',
        `the server of ${folder} is running, so its files cannot be cut back; kill it first`,
      );
    }
    const failed = opened.read('notesFailed');
    if (failed > 0) {
      throw new LocalServerError(
        'DISK_NOTES_LOST',
        `${failed} syncs could not be noted in ${journalFile}, so nobody knows what they saved; ` +
          'free space there and start the server again',
      );
    }
    const synced = sizesSynced(atStart, await readFile(journalFile));
    const cut = { files: 0, bytes: 0 };
    for (const { id, size, path } of await filesMeant()) {
      const kept = synced.get(id) ?? 0n;
      if (size <= kept) continue;
      await truncate(path, Number(kept));
      cut.files += 1;
      cut.bytes += Number(size - kept);
    }
    return cut;
  }

  return {
    disk: { ...opened.control, cutBack: appendOnly && cutBack },
    environment: opened.environment,
    beginLife,
    isUsedBy: opened.isUsedBy,
  };
}

interface FoundFile {
  readonly path: string;
  /** Follows the file through renames, and is not that of a later one with its inode. */
  readonly id: string;
  readonly size: bigint;
}

async function filesOf(
  dataFolder: string,
  appendOnly: (path: string) => boolean,
): Promise<FoundFile[]> {
  const entries = await readdir(dataFolder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => appendOnly(relative(dataFolder, path).replaceAll(sep, '/')));
  return Promise.all(
    paths.map(async (path) => {
      const { dev, ino, birthtimeNs, size } = await stat(path, { bigint: true });
      return { path, id: idOf(dev, ino, birthtimeNs), size };
    }),
  );
}

function idOf(device: bigint, inode: bigint, bornNs: bigint): string {
  return `${device}:${inode}:${bornNs}`;
}

/** Goes through the journal in its order; a later sync of a file says more, a truncation less. */
function sizesSynced(atStart: ReadonlyMap<string, bigint>, journal: Buffer): Map<string, bigint> {
  const sizes = new Map(atStart);
  // A copy of its own begins at a multiple of 8, as an array of words has to.
  const words = new BigUint64Array(new Uint8Array(journal).buffer);
  for (let at = 0; at < words.length; at += NOTE_WORDS) {
    const [device, inode, bornNs, kind, size] = words.subarray(at, at + NOTE_WORDS) as Note;
    const id = idOf(device, inode, bornNs);
    const before = sizes.get(id) ?? 0n;
    if (kind === TRUNCATED) sizes.set(id, size < before ? size : before);
    else sizes.set(id, size > before ? size : before);
  }
  return sizes;
}
