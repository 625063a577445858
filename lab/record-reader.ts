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
  UNLIKE_BIT,
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

/** A file of records, or what such a file holds under the name that findings call it by. */
export type RecordSource = string | { readonly path: string; readonly bytes: Uint8Array };

/** Larger than any block, and small enough to stay in a processor's own memory while it is read. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * All blocks of a file in the order written. A block cut off at the end is left out and reported to
 * `truncated`, since that is what the death of a process looks like. Only the check has to hear of
 * it; who measures after the check does not.
 * @throws LabError RECORDS_UNREADABLE when the file is not a file of records.
 */
export function* readRecords(
  source: RecordSource,
  names: Names,
  truncated: (truncation: Truncation) => void = () => undefined,
): Generator<RecordBlock> {
  const path = typeof source === 'string' ? source : source.path;
  using window = typeof source === 'string' ? new FileWindow(source) : new Window(source.bytes);
  if (!window.ensure(RECORD_MAGIC.length) || window.text(0, RECORD_MAGIC.length) !== RECORD_MAGIC) {
    throw unreadable(path, 'it does not begin like one');
  }
  window.at += RECORD_MAGIC.length;
  /** The shared number of each of this file's own numbers. */
  const shared: number[] = [];
  while (window.ensure(HEADER_BYTES)) {
    const kind = window.view.getUint32(window.at, true) as Kind;
    const count = window.view.getUint32(window.at + 4, true);
    const entryBytes = ENTRY_BYTES[kind];
    if (entryBytes === undefined) throw unreadable(path, `it holds a block of kind ${kind}`);
    if (count > ENTRIES_PER_BLOCK_MAX) throw unreadable(path, `it holds a block of ${count}`);
    if (!window.ensure(HEADER_BYTES + count * entryBytes)) break;
    if (kind === KIND.name) shared.push(names.numberOf(window.text(HEADER_BYTES, count)));
    else yield new BlockInWindow(window.view, window.at, kind, count, shared);
    window.at += HEADER_BYTES + count * entryBytes;
  }
  if (window.left > 0) truncated({ path, bytesLost: window.left });
}

/**
 * Most readers want one or two fields of a block, and blocks may be as small as one like: so the
 * functions that read a field are made when they are asked for.
 */
class BlockInWindow implements RecordBlock {
  readonly kind: Kind;
  readonly count: number;
  readonly source: number;
  readonly timeUs: number;
  readonly #view: DataView;
  readonly #first: number;
  readonly #shared: readonly number[];

  constructor(view: DataView, at: number, kind: Kind, count: number, shared: readonly number[]) {
    this.kind = kind;
    this.count = count;
    this.source = shared[view.getUint32(at + 8, true)]!;
    this.timeUs = view.getFloat64(at + 16, true);
    this.#view = view;
    this.#first = at + HEADER_BYTES;
    this.#shared = shared;
  }

  get seq(): (index: number) => number {
    const [view, first, step] = [this.#view, this.#first, ENTRY_BYTES[this.kind]];
    return (index) => view.getUint32(first + index * step, true);
  }

  get post(): (index: number) => number {
    const [view, first, step] = [this.#view, this.#first + 4, ENTRY_BYTES[this.kind]];
    const shared = this.#shared;
    return (index) => shared[view.getUint32(first + index * step, true) & ~UNLIKE_BIT]!;
  }

  get isUnlike(): (index: number) => boolean {
    const [view, first, step] = [this.#view, this.#first + 4, ENTRY_BYTES[this.kind]];
    return (index) => (view.getUint32(first + index * step, true) & UNLIKE_BIT) !== 0;
  }

  get lateUs(): (index: number) => number {
    const [view, first, step] = [this.#view, this.#first + 8, ENTRY_BYTES[this.kind]];
    return (index) => view.getUint32(first + index * step, true);
  }
}

function unreadable(path: string, why: string): LabError {
  return new LabError(
    'RECORDS_UNREADABLE',
    `${path} is not a file of records (${why}); run the trial again`,
  );
}

/** Records that are in memory as a whole. */
class Window implements Disposable {
  at = 0;
  protected buffer: Buffer;
  protected end: number;
  view: DataView;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
    this.view = viewOf(this.buffer);
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Whether `bytes` more are there. */
  ensure(bytes: number): boolean {
    return this.left >= bytes;
  }

  /** The text that begins `offset` bytes further on. */
  text(offset: number, bytes: number): string {
    return this.buffer.toString('utf8', this.at + offset, this.at + offset + bytes);
  }

  [Symbol.dispose](): void {}
}

/** The part of a file that is in memory. */
class FileWindow extends Window {
  readonly #file: number;

  constructor(path: string) {
    super(Buffer.allocUnsafe(CHUNK_BYTES));
    this.end = 0;
    this.#file = openSync(path, 'r');
  }

  /** Whether `bytes` more are there, after reading on if need be. */
  override ensure(bytes: number): boolean {
    if (this.left < bytes) this.#readOn();
    return this.left >= bytes;
  }

  override [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #readOn(): void {
    this.buffer.copyWithin(0, this.at, this.end);
    this.end = this.left;
    this.at = 0;
    while (this.end < CHUNK_BYTES) {
      const read = readSync(this.#file, this.buffer, this.end, CHUNK_BYTES - this.end, null);
      if (read === 0) break;
      this.end += read;
    }
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
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

/** The blocks of several files in the order of their times, for whoever measures. */
export function readMerged(
  paths: readonly string[],
  names: Names = new Names(),
): Generator<RecordBlock> {
  return mergeByTime(paths.map((path) => readRecords(path, names)));
}
