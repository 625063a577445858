/**
 * Writers of one lane side by side, with every step of theirs in an order that is chosen from
 * outside: they sleep, die, time out with writes that arrive later, and take over from each other.
 */
import { applyLaneBatch, LaneCache, type LaneTables } from '../../store/lane-batch.ts';
import {
  type BlockKey,
  type CountRow,
  type LaneLike,
  type MarkRow,
  NOTHING_YET,
  nameOfBlock,
} from '../../store/lane-state.ts';
import { type LogEntry, sameCount, truthUpTo } from './lane-truth.ts';

/** What is broken on purpose, so that the simulation is seen to notice. */
export type PlantedFault =
  | 'timestamps are ignored'
  | 'marks do not wait for counts'
  | 'the checkpoint does not wait for marks'
  | 'counts are read before marks'
  | 'rows ahead of the checkpoint are not told'
  | 'counts outlive a block that is ahead'
  | 'batches begin behind what is not stored';

interface Step {
  readonly writer: number;
  readonly isWrite: boolean;
  run(): void;
  fail(): void;
}

class Died extends Error {}

class KeepingCache extends LaneCache {
  override forgetCounts(): void {}
}

/** A row is a value with a timestamp; the larger timestamp stays. */
interface Cell {
  readonly timestamp: bigint;
  readonly value: CountRow | MarkRow | bigint;
}

export class LaneSimulation {
  readonly #log: readonly LogEntry[];
  readonly #choices: readonly number[];
  readonly #fault: PlantedFault | undefined;
  readonly #cells = new Map<string, Cell>();
  readonly #waiting: Step[] = [];
  /** Writes of dead or impatient writers that are still on their way. */
  readonly #late: Step[] = [];
  readonly #asleep = new Set<number>();
  #choice = 0;
  #writers = 0;
  /** How much of the log is acknowledged: whoever begins, begins there or before. */
  #stored = 0;
  /** What writers ended with, other than by dying. */
  readonly errors: unknown[] = [];
  /** How often each kind of trouble came, so that a test can see that it did. */
  readonly seen = { deaths: 0, timeouts: 0, sleeps: 0, late: 0, takeovers: 0, batches: 0 };

  constructor(log: readonly LogEntry[], choices: readonly number[], fault?: PlantedFault) {
    this.#log = log;
    this.#choices = choices;
    this.#fault = fault;
  }

  /** Runs until one last writer has counted all of the log and nothing is on its way any more. */
  async run(): Promise<void> {
    const running = new Map<number, Promise<void>>();
    for (let turn = 0; turn < this.#choices.length; turn++) {
      if (running.size === 0 || this.#choose(25) === 0) this.#begin(running);
      await settled();
      this.#step(running);
    }
    const last = this.#write(this.#writers++, this.#stored);
    let ended = false;
    void last
      .catch((error: unknown) => this.errors.push(error))
      .then(() => {
        ended = true;
      });
    while (!ended) {
      await settled();
      this.#takeStep();
    }
    // Whoever sleeps wakes now, and what is late arrives.
    this.#asleep.clear();
    for (;;) {
      await settled();
      if (this.#waiting.length + this.#late.length === 0) return;
      this.#takeStep();
    }
  }

  get checkpoint(): bigint {
    return (this.#cells.get('checkpoint')?.value as bigint | undefined) ?? NOTHING_YET;
  }

  countOf(post: string): CountRow | undefined {
    return this.#cells.get(`count ${post}`)?.value as CountRow | undefined;
  }

  marksOf(block: BlockKey): MarkRow | undefined {
    return this.#cells.get(`marks ${nameOfBlock(block)}`)?.value as MarkRow | undefined;
  }

  /** Rows that are not what the log says of their own offset. */
  falseRows(): string[] {
    return [...this.#cells].flatMap(([name, { value }]) => {
      if (typeof value === 'bigint') return [];
      const { counts, marks } = truthUpTo(this.#log, value.upto);
      const [kind, ...rest] = name.split(' ');
      const key = rest.join(' ');
      const right =
        kind === 'count'
          ? sameCount(counts.get(key), value as CountRow)
          : Buffer.from(marks.get(key) ?? []).equals((value as MarkRow).bits);
      return right ? [] : [`${name} up to ${value.upto}`];
    });
  }

  #choose(below: number): number {
    const chosen = this.#choices[this.#choice++ % this.#choices.length]!;
    return chosen % below;
  }

  #begin(running: Map<number, Promise<void>>): void {
    const writer = this.#writers++;
    if (running.size > 0) this.seen.takeovers++;
    const behind = this.#fault === 'batches begin behind what is not stored' ? 2 : 0;
    const from = Math.max(0, this.#stored + behind - this.#choose(4));
    const ended = this.#write(writer, from).catch((error: unknown) => {
      if (!(error instanceof Died)) this.errors.push(error);
    });
    running.set(
      writer,
      ended.finally(() => running.delete(writer)),
    );
  }

  /** One writer's life: batch after batch, each tried again from what is acknowledged. */
  async #write(writer: number, from: number): Promise<void> {
    const limits = { counts: 3, marks: 2 };
    const isKeeping = this.#fault === 'counts outlive a block that is ahead';
    const cache = isKeeping ? new KeepingCache(limits) : new LaneCache(limits);
    const tables = this.#tablesOf(writer);
    let position = from;
    while (position < this.#log.length) {
      const size = 1 + this.#choose(4);
      const batch = this.#log.slice(position, position + size).map(({ like, offset }, place) => {
        return { like, offset, place } satisfies LaneLike;
      });
      const isStored = await applyLaneBatch(tables, cache, batch).then(
        () => true,
        (error: unknown) => {
          if (error instanceof Error && error.message === 'timeout') return false;
          throw error;
        },
      );
      this.seen.batches++;
      position = isStored ? position + batch.length : Math.min(position, this.#stored);
      if (isStored) this.#stored = Math.max(this.#stored, position);
    }
  }

  #step(running: Map<number, Promise<void>>): void {
    const chosen = this.#choose(40);
    const alive = [...running.keys()];
    const writer = alive[this.#choose(Math.max(1, alive.length))];
    if (writer === undefined) return;
    if (chosen === 0) {
      this.seen.deaths++;
      this.#interrupt(writer, new Died());
      this.#asleep.delete(writer);
    } else if (chosen === 1) {
      this.seen.timeouts++;
      this.#interrupt(writer, new Error('timeout'));
    } else if (chosen < 5) {
      if (this.#asleep.delete(writer)) return;
      this.seen.sleeps++;
      this.#asleep.add(writer);
    } else this.#takeStep();
  }

  #takeStep(): void {
    const awake = this.#waiting.filter(({ writer }) => !this.#asleep.has(writer));
    const late = this.#late.length > 0 && (awake.length === 0 || this.#choose(8) === 0);
    if (late) {
      this.seen.late++;
      this.#late.splice(this.#choose(this.#late.length), 1)[0]!.run();
      return;
    }
    const step = awake[this.#choose(Math.max(1, awake.length))];
    if (step === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(step), 1);
    step.run();
  }

  /** What it asked for never answers; writes among it may still arrive. */
  #interrupt(writer: number, error: Error): void {
    for (const step of this.#waiting.filter((candidate) => candidate.writer === writer)) {
      this.#waiting.splice(this.#waiting.indexOf(step), 1);
      if (step.isWrite && this.#choose(2) === 0) this.#late.push(step);
      step.fail.call(error);
    }
  }

  #ask<Answer>(writer: number, isWrite: boolean, action: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        writer,
        isWrite,
        run: () => resolve(action()),
        fail(this: unknown) {
          reject(this);
        },
      });
    });
  }

  #put(name: string, upto: bigint, value: Cell['value']): void {
    const timestamp = upto + 1n;
    const found = this.#cells.get(name);
    const stays = found !== undefined && found.timestamp > timestamp;
    if (stays && this.#fault !== 'timestamps are ignored') return;
    this.#cells.set(name, { timestamp, value });
  }

  #tablesOf(writer: number): LaneTables {
    const read = <Row>(name: string) =>
      this.#ask(writer, false, () => this.#cells.get(name)?.value as Row | undefined);
    const write = (name: string, upto: bigint, value: Cell['value']) =>
      this.#ask(writer, true, () => this.#put(name, upto, value));
    const unlessFault = (fault: PlantedFault, done: Promise<unknown>) => {
      if (this.#fault !== fault) return done;
      done.catch(() => undefined);
      return undefined;
    };
    let checkpoint = NOTHING_YET;
    let early = new Map<string, Cell>();
    return {
      lane: 'lane',
      readCheckpoint: async () => {
        checkpoint = (await read<bigint>('checkpoint')) ?? NOTHING_YET;
        early = new Map(this.#cells);
        return checkpoint;
      },
      readMarks: async (blocks) => {
        const rows = new Map<string, MarkRow>();
        const one = async (name: string) => {
          const row = await read<MarkRow>(`marks ${name}`);
          if (row === undefined) return;
          const hidden = this.#fault === 'rows ahead of the checkpoint are not told';
          rows.set(name, hidden && row.upto > checkpoint ? { ...row, upto: checkpoint } : row);
        };
        await Promise.all(blocks.map((block) => one(nameOfBlock(block))));
        return rows;
      },
      readCounts: async (posts) => {
        const rows = new Map<string, CountRow>();
        const one = async (post: string) => {
          const fresh = await read<CountRow>(`count ${post}`);
          const isEarly = this.#fault === 'counts are read before marks';
          const row = isEarly ? (early.get(`count ${post}`)?.value as CountRow) : fresh;
          if (row !== undefined) rows.set(post, row);
        };
        await Promise.all(posts.map(one));
        return rows;
      },
      writeCounts: async (rows) => {
        const all = rows.map(({ post, ...row }) => write(`count ${post}`, row.upto, row));
        await unlessFault('marks do not wait for counts', Promise.all(all));
      },
      writeMarks: async (rows) => {
        const all = rows.map((row) =>
          write(`marks ${nameOfBlock(row)}`, row.upto, { bits: row.bits, upto: row.upto }),
        );
        await unlessFault('the checkpoint does not wait for marks', Promise.all(all));
      },
      writeCheckpoint: (upto) => write('checkpoint', upto, upto),
    };
  }
}

/** Until all promises that can go on have gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
