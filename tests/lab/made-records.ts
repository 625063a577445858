/**
 * Writes records into memory, for tests that need very many small files of them. Written apart from
 * lab/record-writer.ts, and held against it byte by byte in tests/lab/records.test.ts.
 */
import {
  ENTRY_BYTES,
  HEADER_BYTES,
  KIND,
  type Kind,
  RECORD_MAGIC,
  UNLIKE_BIT,
} from '../../lab/record-format.ts';
import type { RecordSource } from '../../lab/record-reader.ts';
import type { Like, SendOutcome } from '../../likes/like.ts';

const BYTES_FIRST = 2_048;

export class MadeRecords {
  readonly #path: string;
  readonly #numberOfName = new Map<string, number>();
  #bytes = Buffer.allocUnsafe(BYTES_FIRST);
  #end = this.#bytes.write(RECORD_MAGIC, 'latin1');

  constructor(path: string) {
    this.#path = path;
  }

  get source(): Exclude<RecordSource, string> {
    return { path: this.#path, bytes: this.#bytes.subarray(0, this.#end) };
  }

  attempted(timeUs: number, likes: readonly Like[]): void {
    this.#blocks(KIND.attempted, timeUs, likes, (like) => [
      (this.#numberOf(like.post) | (like.action === 'unlike' ? UNLIKE_BIT : 0)) >>> 0,
      0,
    ]);
  }

  outcome(timeUs: number, likes: readonly Like[], outcome: SendOutcome): void {
    this.#blocks(KIND[outcome], timeUs, likes, () => []);
  }

  delivered(timeUs: number, likes: readonly Like[]): void {
    this.#blocks(KIND.delivered, timeUs, likes, (like) => [this.#numberOf(like.post)]);
  }

  stored(timeUs: number, fresh: readonly Like[], seen: readonly Like[]): void {
    this.#blocks(KIND.fresh, timeUs, fresh, () => []);
    this.#blocks(KIND.seen, timeUs, seen, () => []);
  }

  #blocks(
    kind: Kind,
    timeUs: number,
    likes: readonly Like[],
    fieldsOf: (like: Like) => number[],
  ): void {
    let from = 0;
    while (from < likes.length) {
      const { source } = likes[from]!;
      const after = likes.findIndex((like, at) => at > from && like.source !== source);
      const run = likes.slice(from, after === -1 ? likes.length : after);
      for (const { post } of run) this.#numberOf(post);
      this.#header(kind, run.length, this.#numberOf(source), timeUs);
      for (const like of run) this.#write32(like.seq, ...fieldsOf(like));
      from += run.length;
    }
  }

  #numberOf(name: string): number {
    let number = this.#numberOfName.get(name);
    if (number === undefined) {
      number = this.#numberOfName.size;
      this.#numberOfName.set(name, number);
      this.#header(KIND.name, Buffer.byteLength(name), 0, 0);
      this.#end += this.#bytes.write(name, this.#end);
    }
    return number;
  }

  #header(kind: Kind, count: number, source: number, timeUs: number): void {
    const needed = this.#end + HEADER_BYTES + count * ENTRY_BYTES[kind];
    if (needed > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(needed)]);
    }
    this.#write32(kind, count, source, 0);
    this.#end = this.#bytes.writeDoubleLE(timeUs, this.#end);
  }

  #write32(...numbers: number[]): void {
    for (const number of numbers) this.#end = this.#bytes.writeUInt32LE(number, this.#end);
  }
}
