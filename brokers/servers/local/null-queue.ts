/** A queue in memory for null-server.ts. It keeps posted bodies as they came and joins them. */
import type { ServiceTime } from '../../../likes/workloads/service-times.ts';
import { ServiceLine } from './null-service.ts';

const BYTES_MAX = 4 * 1024 ** 3;
const NEWLINE = 10;

/** Messages joined by newlines, and how many they are. */
export class LikeLines {
  readonly bytes: Buffer;
  readonly count: number;

  constructor(bytes: Buffer, count: number) {
    this.bytes = bytes;
    this.count = count;
  }

  static of(bytes: Buffer): LikeLines {
    if (bytes.length === 0) return new LikeLines(bytes, 0);
    let count = 1;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
    return new LikeLines(bytes, count);
  }

  /** Each message by itself. */
  each(): LikeLines[] {
    const all: LikeLines[] = [];
    let left: LikeLines = this;
    while (left.count > 1) {
      const [next, others] = left.split(1);
      all.push(next);
      left = others;
    }
    return [...all, left];
  }

  /** The first `count` messages, and the others. */
  split(count: number): [LikeLines, LikeLines] {
    let end = -1;
    for (let found = 0; found < count; found += 1) end = this.bytes.indexOf(NEWLINE, end + 1);
    return [
      new LikeLines(this.bytes.subarray(0, end), count),
      new LikeLines(this.bytes.subarray(end + 1), this.count - count),
    ];
  }
}

interface Batch {
  readonly lines: readonly LikeLines[];
  readonly timer: NodeJS.Timeout;
}

export class NullQueue {
  readonly parked: { text: string; reason: string }[] = [];
  readonly #acknowledgeTimeoutMs: number;
  #waiting: LikeLines[] = [];
  /** Where the waiting ones begin: removing the first of a long array would copy the others. */
  #first = 0;
  #waitingCount = 0;
  #unacknowledgedCount = 0;
  #bytes = 0;
  #nextBatch = 1;
  readonly #batches = new Map<string, Batch>();
  /** Consumers that wait for likes, in the order in which they came. */
  readonly #takers = new Set<() => void>();
  /** Where a message waits and is served before it may be taken; none where that takes no time. */
  readonly #service: ServiceLine<LikeLines> | undefined;

  constructor(acknowledgeTimeoutMs: number, service?: ServiceTime) {
    this.#acknowledgeTimeoutMs = acknowledgeTimeoutMs;
    this.#service = service && new ServiceLine(service, (served) => this.#offer(served));
  }

  /** False when the queue is full; then nothing was added. */
  add(lines: LikeLines): boolean {
    if (this.#bytes + lines.bytes.length > BYTES_MAX) return false;
    this.#bytes += lines.bytes.length;
    if (this.#service === undefined) this.#offer(lines);
    else {
      // The newlines between them are nobody's now.
      this.#bytes -= lines.count - 1;
      this.#service.add(lines.each());
    }
    return true;
  }

  #offer(lines: LikeLines): void {
    this.#waiting.push(lines);
    this.#waitingCount += lines.count;
    this.#wakeOne();
  }

  /** At most `max` messages as one batch; undefined when none came in time. */
  async take(max: number, waitMs: number, gone: AbortSignal) {
    if (this.#waitingCount === 0 && waitMs > 0 && !gone.aborted) await this.#arrival(waitMs, gone);
    if (this.#waitingCount === 0 || gone.aborted) {
      // It may have been woken in vain: the likes are for the next one in line.
      if (this.#waitingCount > 0) this.#wakeOne();
      return undefined;
    }
    const lines = this.#takeLines(max);
    const id = String(this.#nextBatch);
    this.#nextBatch += 1;
    const timer = setTimeout(() => this.giveBack(id), this.#acknowledgeTimeoutMs);
    this.#batches.set(id, { lines, timer });
    this.#unacknowledgedCount += countOf(lines);
    if (this.#waitingCount > 0) this.#wakeOne();
    return { id, body: join(lines) };
  }

  /** False when the batch is not out (any more). */
  acknowledge(id: string): boolean {
    const batch = this.#end(id);
    for (const lines of batch?.lines ?? []) this.#bytes -= lines.bytes.length;
    return batch !== undefined;
  }

  /** Puts a batch back to the front; false when it is not out (any more). */
  giveBack(id: string): boolean {
    const batch = this.#end(id);
    if (batch === undefined) return false;
    this.#waiting = [...batch.lines, ...this.#waiting.slice(this.#first)];
    this.#first = 0;
    this.#waitingCount += countOf(batch.lines);
    this.#wakeOne();
    return true;
  }

  backlog() {
    return {
      waiting: this.#waitingCount + (this.#service?.size ?? 0),
      unacknowledged: this.#unacknowledgedCount,
      parked: this.parked.length,
    };
  }

  /** Lets go of everything and everyone. */
  close(): void {
    this.#service?.close();
    for (const id of [...this.#batches.keys()]) this.#end(id);
    this.#waiting = [];
    this.#waitingCount = 0;
    for (const wake of [...this.#takers]) wake();
  }

  #end(id: string): Batch | undefined {
    const batch = this.#batches.get(id);
    if (batch === undefined) return undefined;
    clearTimeout(batch.timer);
    this.#batches.delete(id);
    this.#unacknowledgedCount -= countOf(batch.lines);
    return batch;
  }

  #takeLines(max: number): LikeLines[] {
    const taken: LikeLines[] = [];
    let room = max;
    while (room > 0 && this.#first < this.#waiting.length) {
      const lines = this.#waiting[this.#first]!;
      if (lines.count > room) {
        // Whole bodies go out as they came; only one that no batch has room for is cut.
        if (taken.length > 0) break;
        const [head, rest] = lines.split(room);
        this.#waiting[this.#first] = rest;
        // The newline between them is nobody's now.
        this.#bytes -= 1;
        taken.push(head);
        break;
      }
      taken.push(lines);
      room -= lines.count;
      this.#first += 1;
    }
    this.#waitingCount -= countOf(taken);
    this.#forgetTaken();
    return taken;
  }

  #forgetTaken(): void {
    if (this.#first < 1_000 || this.#first * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }

  #arrival(waitMs: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        gone.removeEventListener('abort', wake);
        this.#takers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      gone.addEventListener('abort', wake);
      this.#takers.add(wake);
    });
  }

  #wakeOne(): void {
    const [wake] = this.#takers;
    wake?.();
  }
}

function countOf(lines: readonly LikeLines[]): number {
  return lines.reduce((sum, { count }) => sum + count, 0);
}

function join(lines: readonly LikeLines[]): Buffer {
  if (lines.length === 1) return lines[0]!.bytes;
  const separator = Buffer.from([NEWLINE]);
  const parts = lines.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [separator, bytes]));
  return Buffer.concat(parts);
}
