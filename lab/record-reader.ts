/** Reads records back, block by block, with a bounded buffer however long the file is. */
import { closeSync, openSync, readSync } from 'node:fs';
import { LabError } from './lab-error.ts';
import {
  ENTRIES_PER_BLOCK_MAX,
  ENTRY_BYTES,
  HEADER_BYTES,
  KIND,
  type Kind,
  RECORD_MAGIC,
} from './record-format.ts';

/** One block; `entries` is valid until the next block is read. */
export interface RecordBlock {
  readonly kind: Kind;
  readonly count: number;
  /** A number into `Names` that all files of a trial share. */
  readonly source: number;
  readonly timeUs: number;
  /**
   * Gives field `field` (0, 1 or 2) of entry `index`; a post's number is already the shared one.
   */
  readonly seq: (index: number) => number;
  readonly post: (index: number) => number;
  readonly isUnlike: (index: number) => boolean;
  readonly lateUs: (index: number) => number;
}

/** Gives each name one number for all files of a trial. */
export class Names {
  readonly #numberOfName = new Map<string, number>();
  readonly #names: string[] = [];

  numberOf(name: string): number {
    const known = this.#numberOfName.get(name);
    if (known !== undefined) return known;
    this.#numberOfName.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  nameOf(number: number): string {
    return this.#names[number]!;
  }

  get size(): number {
    return this.#names.length;
  }
}

/** Where a file ends in the middle of a block: its process was killed while it wrote. */
export interface Truncation {
  readonly path: string;
  readonly bytesLost: number;
}

const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * All blocks of a file in the order written. A block cut off at the end is left out and reported to
 * `truncated`, since that is what the death of a process looks like.
 * @throws LabError RECORDS_UNREADABLE when the file is not a file of records.
 */
export function* readRecords(
  path: string,
  names: Names,
  truncated: (truncation: Truncation) => void,
): Generator<RecordBlock> {
  const file = openSync(path, 'r');
  try {
    const window = new ReadWindow(file);
    if (!window.ensure(RECORD_MAGIC.length) || window.text(RECORD_MAGIC.length) !== RECORD_MAGIC) {
      throw unreadable(path, 'it does not begin like one');
    }
    /** The shared number of each of this file's own numbers. */
    const shared: number[] = [];
    while (window.ensure(HEADER_BYTES)) {
      const kind = window.buffer.readUInt32LE(window.at) as Kind;
      const count = window.buffer.readUInt32LE(window.at + 4);
      if (ENTRY_BYTES[kind] === undefined)
        throw unreadable(path, `it holds a block of kind ${kind}`);
      if (count > ENTRIES_PER_BLOCK_MAX) throw unreadable(path, `it holds a block of ${count}`);
      const bytes = HEADER_BYTES + count * ENTRY_BYTES[kind];
      if (!window.ensure(bytes)) break;
      if (kind === KIND.name) {
        const start = window.at + HEADER_BYTES;
        shared.push(names.numberOf(window.buffer.toString('utf8', start, start + count)));
      } else {
        yield blockAt(window.buffer, window.at, kind, count, shared);
      }
      window.at += bytes;
    }
    if (window.left > 0) truncated({ path, bytesLost: window.left });
  } finally {
    closeSync(file);
  }
}

function blockAt(
  buffer: Buffer,
  at: number,
  kind: Kind,
  count: number,
  shared: readonly number[],
): RecordBlock {
  const first = at + HEADER_BYTES;
  const step = ENTRY_BYTES[kind];
  return {
    kind,
    count,
    source: shared[buffer.readUInt32LE(at + 8)]!,
    timeUs: buffer.readDoubleLE(at + 16),
    seq: (index) => buffer.readUInt32LE(first + index * step),
    post: (index) => shared[buffer.readUInt32LE(first + index * step + 4) & 0x7fff_ffff]!,
    isUnlike: (index) => (buffer[first + index * step + 7]! & 0x80) !== 0,
    lateUs: (index) => buffer.readUInt32LE(first + index * step + 8),
  };
}

function unreadable(path: string, why: string): LabError {
  return new LabError(
    'RECORDS_UNREADABLE',
    `${path} is not a file of records (${why}); run the trial again`,
  );
}

/** The part of a file that is in memory. */
class ReadWindow {
  buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  at = 0;
  readonly #file: number;
  #end = 0;

  constructor(file: number) {
    this.#file = file;
  }

  get left(): number {
    return this.#end - this.at;
  }

  text(length: number): string {
    this.at += length;
    return this.buffer.toString('latin1', this.at - length, this.at);
  }

  /** Whether `bytes` more are there, after reading on if need be. */
  ensure(bytes: number): boolean {
    if (this.left >= bytes) return true;
    if (bytes > this.buffer.length) {
      const larger = Buffer.allocUnsafe(bytes * 2);
      this.buffer.copy(larger, 0, this.at, this.#end);
      this.buffer = larger;
    } else {
      this.buffer.copyWithin(0, this.at, this.#end);
    }
    this.#end = this.left;
    this.at = 0;
    while (this.#end < this.buffer.length) {
      const read = readSync(
        this.#file,
        this.buffer,
        this.#end,
        this.buffer.length - this.#end,
        null,
      );
      if (read === 0) break;
      this.#end += read;
    }
    return this.left >= bytes;
  }
}

/** The blocks of several files as one stream, in the order of their times. */
export function* mergeByTime(streams: readonly Iterable<RecordBlock>[]): Generator<RecordBlock> {
  const heads: { block: RecordBlock; rest: Iterator<RecordBlock> }[] = [];
  for (const stream of streams) {
    const rest = stream[Symbol.iterator]();
    const first = rest.next();
    if (!first.done) heads.push({ block: first.value, rest });
  }
  while (heads.length > 0) {
    const earliest = heads.reduce((a, b) => (b.block.timeUs < a.block.timeUs ? b : a));
    yield earliest.block;
    const next = earliest.rest.next();
    if (next.done) heads.splice(heads.indexOf(earliest), 1);
    else earliest.block = next.value;
  }
}
