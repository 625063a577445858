/**
 * Appends a process's records to its file. Buffered; `flush` hands them to the operating system.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Like, SendOutcome } from '../likes/like.ts';
import {
  ENTRIES_PER_BLOCK_MAX,
  ENTRY_BYTES,
  HEADER_BYTES,
  KIND,
  type Kind,
  RECORD_MAGIC,
  SEQ_MAX,
  UNLIKE_BIT,
} from './record-format.ts';

/** What waits in memory before it is written out by itself. */
const BUFFER_BYTES = 1024 * 1024;

export class RecordWriter implements Disposable {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  readonly #numberOfName = new Map<string, number>();
  #used = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'wx');
    this.#used = this.#buffer.write(RECORD_MAGIC, 'latin1');
    // A process that is killed before its first record still leaves a file of records.
    this.flush();
  }

  /** To be called and flushed before the send. `lateUs[i]`: how long after its due time. */
  attempted(timeUs: number, likes: readonly Like[], lateUs?: readonly number[]): void {
    this.#blocks(KIND.attempted, timeUs, likes, (like, at, index) => {
      const unlike = like.action === 'unlike' ? UNLIKE_BIT : 0;
      this.#writeSeq(like, at);
      this.#buffer.writeUInt32LE((this.#numberOf(like.post) | unlike) >>> 0, at + 4);
      this.#buffer.writeUInt32LE(Math.round(lateUs?.[index] ?? 0), at + 8);
    });
  }

  outcome(timeUs: number, likes: readonly Like[], outcome: SendOutcome): void {
    this.#blocks(KIND[outcome], timeUs, likes, this.#writeSeq);
  }

  delivered(timeUs: number, likes: readonly Like[]): void {
    this.#blocks(KIND.delivered, timeUs, likes, (like, at) => {
      this.#writeSeq(like, at);
      this.#buffer.writeUInt32LE(this.#numberOf(like.post), at + 4);
    });
  }

  /**
   * After the commit of a shard: the likes that it counted now, and those it had counted before.
   */
  stored(timeUs: number, fresh: readonly Like[], seen: readonly Like[]): void {
    this.#blocks(KIND.fresh, timeUs, fresh, this.#writeSeq);
    this.#blocks(KIND.seen, timeUs, seen, this.#writeSeq);
  }

  flush(): void {
    for (let from = 0; from < this.#used; ) {
      from += writeSync(this.#file, this.#buffer, from, this.#used - from);
    }
    this.#used = 0;
  }

  [Symbol.dispose](): void {
    this.flush();
    closeSync(this.#file);
  }

  readonly #writeSeq = (like: Like, at: number): void => {
    // A larger seq is no like of any trial, and is found as a phantom by whatever number.
    this.#buffer.writeUInt32LE(Math.min(like.seq, SEQ_MAX), at);
  };

  /** One block for each run of likes of the same source. */
  #blocks(
    kind: Kind,
    timeUs: number,
    likes: readonly Like[],
    write: (like: Like, at: number, index: number) => void,
  ): void {
    for (let from = 0; from < likes.length; ) {
      const source = likes[from]!.source;
      let to = from + 1;
      while (to < likes.length && likes[to]!.source === source) {
        if (to - from === ENTRIES_PER_BLOCK_MAX) break;
        to++;
      }
      // Names come before the block that uses them, since a block cannot be interrupted.
      for (let index = from; index < to; index++) this.#numberOf(likes[index]!.post);
      const at = this.#header(kind, to - from, this.#numberOf(source), timeUs);
      const entryBytes = ENTRY_BYTES[kind];
      for (let index = from; index < to; index++) {
        write(likes[index]!, at + (index - from) * entryBytes, index);
      }
      from = to;
    }
  }

  #numberOf(name: string): number {
    const known = this.#numberOfName.get(name);
    if (known !== undefined) return known;
    const bytes = Buffer.from(name);
    bytes.copy(this.#buffer, this.#header(KIND.name, bytes.length, 0, 0));
    this.#numberOfName.set(name, this.#numberOfName.size);
    return this.#numberOfName.size - 1;
  }

  /** Makes room for a block, writes its header, and returns where its entries begin. */
  #header(kind: Kind, entries: number, source: number, timeUs: number): number {
    const bytes = HEADER_BYTES + entries * ENTRY_BYTES[kind];
    if (this.#used + bytes > BUFFER_BYTES) this.flush();
    const at = this.#used;
    this.#buffer.writeUInt32LE(kind, at);
    this.#buffer.writeUInt32LE(entries, at + 4);
    this.#buffer.writeUInt32LE(source, at + 8);
    this.#buffer.writeUInt32LE(0, at + 12);
    this.#buffer.writeDoubleLE(timeUs, at + 16);
    this.#used += bytes;
    return at + HEADER_BYTES;
  }
}
