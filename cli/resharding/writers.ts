/** Writer processes, and what their likes must come to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Like } from '../../likes/like.ts';
import type { PostCount } from '../../store/count-store.ts';
import type { StoreOptions } from '../../store/open-store.ts';
import type { SlowBatch, WriterLine, WriterOrder } from './writer.ts';
import { WriterLikes } from './writer-likes.ts';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

export interface WritersPlan {
  readonly store: StoreOptions;
  readonly writers: number;
  /** Of all together; each like is delivered again a second later on top. */
  readonly likesPerS: number;
  readonly seed: number;
  /** Tells these writers from others of the same store. */
  readonly round: string;
}

export interface WritersReport {
  /** Distinct likes. */
  readonly made: number;
  readonly ratePerS: number;
  readonly slow: readonly SlowBatch[];
  readonly outages: number;
  /** What the store must have of them, by post. */
  readonly expected: ReadonlyMap<string, PostCount>;
}

/** Processes that count; disposing kills them. */
export class Writers implements AsyncDisposable {
  readonly #plan: WritersPlan;
  readonly #processes: readonly WriterProcess[];

  private constructor(plan: WritersPlan, processes: readonly WriterProcess[]) {
    this.#plan = plan;
    this.#processes = processes;
  }

  /** Resolves when all have counted their first batch. */
  static async start(plan: WritersPlan): Promise<Writers> {
    const { store, writers, likesPerS, seed, round } = plan;
    const orders = Array.from({ length: writers }, (_, writer) => {
      const source = `${round}-${writer}`;
      return { store, source, seed, writer, likesPerS: likesPerS / writers };
    });
    const processes = orders.map((order) => new WriterProcess(order));
    const started = new Writers(plan, processes);
    try {
      await Promise.all(processes.map((each) => each.counting));
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }

  /** Lets them count what they have in hand and deliver once more what they sent last. */
  async stop(): Promise<WritersReport> {
    const reports = await Promise.all(this.#processes.map((each) => each.stop()));
    const likes = reports.flatMap(({ made }, writer) => this.#likesOf(writer, made));
    return {
      made: reports.reduce((sum, { made }) => sum + made, 0),
      ratePerS: reports.reduce((sum, { ratePerS }) => sum + ratePerS, 0),
      slow: reports.flatMap(({ slow }) => slow),
      outages: reports.reduce((sum, { outages }) => sum + outages, 0),
      expected: countsOfLikes(likes),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.kill()));
  }

  #likesOf(writer: number, made: number): Like[] {
    const { round, seed } = this.#plan;
    return new WriterLikes(`${round}-${writer}`, seed, writer).next(made);
  }
}

type DoneLine = Extract<WriterLine, { kind: 'done' }>;

class WriterProcess {
  readonly counting: Promise<void>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #done: Promise<DoneLine>;

  constructor(order: WriterOrder) {
    this.#child = spawn(process.execPath, [WRITER, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#closed = once(this.#child, 'close');
    const first = Promise.withResolvers<void>();
    this.counting = first.promise;
    this.#done = this.#read(first.resolve);
    // Whoever waits for either hears of it; nobody may be waiting.
    this.#done.catch(first.reject);
    first.promise.catch(() => {});
  }

  async stop(): Promise<DoneLine> {
    this.#child.stdin!.end();
    return await this.#done;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
    await this.#done.catch(() => {});
  }

  async #read(hasCounted: () => void): Promise<DoneLine> {
    let done: DoneLine | undefined;
    for await (const text of createInterface({ input: this.#child.stdout! })) {
      const line = JSON.parse(text) as WriterLine;
      if (line.kind === 'counting') hasCounted();
      else done = line;
    }
    await this.#closed;
    if (done === undefined) throw new Error('a writer ended before it was told to; look above');
    return done;
  }
}

export function countsOfLikes(likes: Iterable<Like>): Map<string, PostCount> {
  const counts = new Map<string, { post: string; likes: number; unlikes: number }>();
  for (const { post, action } of likes) {
    let count = counts.get(post);
    if (count === undefined) {
      count = { post, likes: 0, unlikes: 0 };
      counts.set(post, count);
    }
    if (action === 'like') count.likes++;
    else count.unlikes++;
  }
  return counts;
}
