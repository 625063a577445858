/** How the lab tells the disk library (disk-library.c) what to do, and reads what it did. */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { DiskControl } from '../../server.ts';
import { preloadWith } from '../environment.ts';
import { LocalServerError, systemCodeOf } from '../errors.ts';
import { diskLibrary, whyNoDiskLibrary } from './disk-library.ts';

/** The words of `struct control` in disk-library.c, each of 64 bits, in their order. */
const WORDS = [
  'magic',
  'syncDelayMs',
  'writesAreRefused',
  'syncs',
  'syncsDelayed',
  'syncsUnderWay',
  'writesRefused',
  'notesFailed',
] as const;
type Word = (typeof WORDS)[number];

const WORD_BYTES = 8;
/** CONTROL_MAGIC in disk-library.c. */
const MAGIC = 0x31_6b_73_69_64_65_6b_69n;

export interface DiskControlOptions {
  /** Gets the control file; it must be there, and not be removed before the processes end. */
  readonly folder: string;
  /** Files at and below it are meant; its parent must be there. */
  readonly filesFolder: string;
  /** Gets a note per fsync (server-disk.ts). */
  readonly journalFile?: string;
  readonly log?: (line: string) => void;
}

/** A control that may be shared by any number of processes, over any number of their lives. */
export interface OpenedDiskControl {
  /** To be added to the environment of a process when it is started. */
  readonly environment: Readonly<Record<string, string>>;
  readonly control: DiskControl;
  /** Whether the process really runs under the library: the system's own word, not ours. */
  isUsedBy(pid: number): boolean;
  /** A counter as the library keeps it. */
  read(word: Word): number;
  /** No process is left that could end its syncs: those that were killed in one never will. */
  forgetSyncsUnderWay(): void;
}

/** @throws LocalServerError DISK_LIBRARY_MISSING when the library cannot be built */
export async function openDiskControl(options: DiskControlOptions): Promise<OpenedDiskControl> {
  const library = await diskLibrary(options.log ?? (() => {}));
  if (library === undefined) {
    throw new LocalServerError(
      'DISK_LIBRARY_MISSING',
      `no disk library: ${whyNoDiskLibrary()}; or leave out the faults that need it`,
    );
  }
  const file = join(await realpath(options.folder), `disk-${randomUUID()}.control`);
  await writeFile(file, new BigUint64Array(WORDS.map((word) => (word === 'magic' ? MAGIC : 0n))));
  // The library compares with what the system says is open, which has no symbolic links.
  const parent = await realpath(dirname(resolve(options.filesFolder)));
  const write = (word: Word, value: number) => writeWord(file, word, BigInt(value));
  const read = (word: Word) => readWord(file, word);
  return {
    environment: {
      LD_PRELOAD: preloadWith(library),
      LIKE_LAB_DISK_FOLDER: join(parent, basename(options.filesFolder)),
      LIKE_LAB_DISK_CONTROL: file,
      ...(options.journalFile !== undefined && { LIKE_LAB_DISK_JOURNAL: options.journalFile }),
    },
    control: {
      delaySyncs: (delayMs) => write('syncDelayMs', delayMs),
      refuseWrites: (refused) => write('writesAreRefused', refused ? 1 : 0),
      counts: () => ({
        syncs: read('syncs'),
        syncsDelayed: read('syncsDelayed'),
        syncsUnderWay: read('syncsUnderWay'),
        writesRefused: read('writesRefused'),
      }),
    },
    isUsedBy: (pid) => isMappedBy(pid, file),
    read,
    forgetSyncsUnderWay: () => write('syncsUnderWay', 0),
  };
}

/**
 * The library maps this file as its last step of making itself ready, so a process that has it
 * mapped is under the library, and one that is linked statically, or whose loader refused, is not.
 */
function isMappedBy(pid: number, file: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8').includes(file);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemCodeOf(error) ?? '')) return false;
    throw error;
  }
}

/**
 * Node cannot map files; but what is written to a file is at once seen by who has it mapped, and
 * the other way round, because both use the same page of the kernel's cache.
 */
function writeWord(file: string, word: Word, value: bigint): void {
  const descriptor = openSync(file, 'r+');
  try {
    const bytes = new BigUint64Array([value]);
    writeSync(descriptor, bytes, 0, WORD_BYTES, WORDS.indexOf(word) * WORD_BYTES);
  } finally {
    closeSync(descriptor);
  }
}

function readWord(file: string, word: Word): number {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = new BigUint64Array(1);
    readSync(descriptor, bytes, 0, WORD_BYTES, WORDS.indexOf(word) * WORD_BYTES);
    return Number(bytes[0]);
  } finally {
    closeSync(descriptor);
  }
}
