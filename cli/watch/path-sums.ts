/**
 * The running sums of a path, kept in the folder of the store that its likes are counted into: what
 * its gateways know as acknowledged, and what its workers know as settled. Each process has a file
 * of its own and writes it with every batch, so that a killed one leaves what it knew, and the next
 * one goes on from there: the sums never fall back. All who open the same store read all of them at
 * the same moment, which scrapes of several processes could not.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Lock, tryLock } from '../../brokers/servers/local/lock.ts';
import { UsageError } from '../usage-error.ts';

const FIELDS = ['published', 'unknown', 'settled'] as const;

export interface PathSums {
  /** Likes of which a gateway knows that the broker has acknowledged them, each once. */
  readonly published: number;
  /** Likes of which a gateway cannot know it. */
  readonly unknown: number;
  /**
   * Likes that the store has taken. Under *tally* each once, by its mark. Under *states*, which has
   * no marks, once for each delivery whose batch was stored: one that comes again is here again.
   */
  readonly settled: number;
}

/** Which path: a store may count several queues. */
export interface PathName {
  /** Such as `kafka`. */
  readonly system: string;
  /** The queue. */
  readonly destination: string;
}

const FOLDER_NAME = 'ledger';
const SUMS_END = '.sums';
const OWNER_END = '.owner';
const FIELD_BYTES = Float64Array.BYTES_PER_ELEMENT;
/** Processes of one path at the same time. */
const PROCESSES_MAX = 256;

/** One process's part. Disposing it lets the next process go on with it. */
export class SumsKeeper implements AsyncDisposable {
  readonly #file: number;
  readonly #lock: Lock;
  readonly #sums: Float64Array<ArrayBuffer>;
  readonly #bytes: Uint8Array;
  /** Whether the last write failed. */
  #isBehind = false;
  #isEnded = false;

  constructor(file: number, lock: Lock, sums: Float64Array<ArrayBuffer>) {
    this.#file = file;
    this.#lock = lock;
    this.#sums = sums;
    this.#bytes = new Uint8Array(sums.buffer);
  }

  /**
   * One write of 24 bytes into the system's memory: it outlives this process, not the machine. A
   * disk without room is no reason to stop counting; what could not be written goes with the next,
   * or at the end.
   */
  add(change: Partial<PathSums>): void {
    // A send that settles late would be written into whatever file has that number by now.
    if (this.#isEnded) return;
    for (const [place, field] of FIELDS.entries()) this.#sums[place]! += change[field] ?? 0;
    this.#write();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#isBehind) this.#write();
    closeSync(this.#file);
    await this.#lock.release();
  }

  #write(): void {
    this.#isBehind = true;
    try {
      writeSync(this.#file, this.#bytes, 0, this.#bytes.length, 0);
      this.#isBehind = false;
    } catch {
      // It is told with the next batch.
    }
  }
}

/**
 * Takes over the file of a process that has ended, or begins one.
 * @param storeFolder of a store that is there
 * @throws UsageError when PROCESSES_MAX processes have theirs, or when it cannot write there
 */
export async function openSums(storeFolder: string, path: PathName): Promise<SumsKeeper> {
  const folder = join(storeFolder, FOLDER_NAME);
  const kept = await openIn(folder, path).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(
      `the sums of likes cannot be kept in ${folder} (${cause.code ?? cause.message}); ` +
        'let this user write there, and make room',
      { cause },
    );
  });
  if (kept !== undefined) return kept;
  throw new UsageError(
    `${PROCESSES_MAX} processes serve ${path.destination} of ${path.system} already; end some`,
  );
}

/** Undefined when each file has its process. */
async function openIn(folder: string, path: PathName): Promise<SumsKeeper | undefined> {
  mkdirSync(folder, { recursive: true });
  for (let place = 0; place < PROCESSES_MAX; place++) {
    const name = join(folder, `${keyOf(path)}-${place}`);
    const lock = await tryLock(`${name}${OWNER_END}`);
    if (lock === undefined) continue;
    const sums = new Float64Array(FIELDS.length);
    sums.set(sumsIn(`${name}${SUMS_END}`));
    // `a` would write at the end, and `w` would begin from 0.
    closeSync(openSync(`${name}${SUMS_END}`, 'a'));
    return new SumsKeeper(openSync(`${name}${SUMS_END}`, 'r+'), lock, sums);
  }
  return undefined;
}

/** Of all processes, those that have ended included. Zeros where there never was one. */
export function readSums(storeFolder: string, path: PathName): PathSums {
  const folder = join(storeFolder, FOLDER_NAME);
  const key = `${keyOf(path)}-`;
  const sums = [0, 0, 0];
  for (const name of namesIn(folder)) {
    if (!name.startsWith(key) || !name.endsWith(SUMS_END)) continue;
    for (const [place, value] of sumsIn(join(folder, name)).entries()) sums[place]! += value;
  }
  const [published, unknown, settled] = sums as [number, number, number];
  return { published, unknown, settled };
}

/** Queues have names that no file may have. */
function keyOf({ system, destination }: PathName): string {
  return createHash('sha256').update(`${system}\n${destination}`).digest('hex').slice(0, 16);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Empty for a file that is not there, or that nothing was written to yet. */
function sumsIn(file: string): Float64Array {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Float64Array();
    throw error;
  }
  const isWhole = bytes.length === FIELDS.length * FIELD_BYTES;
  return isWhole ? new Float64Array(bytes.buffer) : new Float64Array();
}
