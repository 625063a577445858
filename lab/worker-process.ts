/** A producer, consumer or reader in a process of its own, as the conductor sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../brokers/broker.ts';
import type { WorkloadOptions } from '../likes/workloads/workload.ts';
import type { ClockReading } from './compare-clocks.ts';
import type { HotSpotPlan, HotTold } from './hot-spot-plan.ts';
import { LabError } from './lab-error.ts';
import type { Arrivals } from './pace.ts';
import type { PathPlan } from './path-plan.ts';
import type { ReadsPlan } from './reads-schema.ts';
import type { OwnConsumer, StoreAddress } from './trial-context.ts';
import type { TrialPlan } from './trial-plan.ts';
import type {
  ClientReport,
  ConsumerReport,
  ConsumerSums,
  InHand,
  LastCounted,
  ProducerReport,
  ProducerSums,
  ReaderReport,
  ViewerReport,
  WorkerCommand,
  WorkerMessage,
} from './worker-messages.ts';

/** The first message to a worker: everything it needs to do its part. */
export interface WorkerSetup {
  readonly role: 'producer' | 'consumer' | 'reader' | 'viewer' | 'gateway' | 'client';
  readonly broker: string;
  readonly connection: Connection;
  readonly queue: string;
  readonly originS: number;
  readonly recordsPath: string;
  /** Where the likes are counted. */
  readonly store: StoreAddress;
  /** Consumers: whose takes the place of the broker's template; undefined for the template. */
  readonly ownConsumer?: OwnConsumer | undefined;
  /** Consumers: whether a template that gave up is opened again, as a supervisor would do. */
  readonly reopens: boolean;
  /** Consumers: that they look for hot posts, and how they write. */
  readonly hotSpot?: HotSpotPlan | undefined;
  /** Producers only, from here on. */
  readonly source: string;
  readonly workload: { readonly name: string; readonly options: WorkloadOptions };
  readonly likesPerSend: number;
  readonly sendsInFlight: number;
  readonly likesPerS?: number | undefined;
  readonly arrivals?: Arrivals | undefined;
  /** Readers only: the posts to watch. */
  readonly posts?: readonly string[] | undefined;
  /** Viewers only: what to ask for, and the trial that they are part of. */
  readonly reads?: ReadsPlan | undefined;
  readonly plan?: TrialPlan | undefined;
  /** Consumers and gateways of trials over HTTP. */
  readonly path?: PathPlan | undefined;
  /** Gateways that write into the database: lab/path/serve-likes.ts. */
  readonly commitsPath?: string | undefined;
  /** Clients only, which have the plan as well: the gateways. */
  readonly urls?: readonly string[] | undefined;
}

export type WorkerReport =
  | ProducerReport
  | ConsumerReport
  | ReaderReport
  | ViewerReport
  | ClientReport;

/** A worker that is not ready by then has met something that it does not report. */
const READY_TIMEOUT_MS = 60_000;
/** A worker that has not ended this long after its last report is killed. */
const END_TIMEOUT_MS = 20_000;
/** A generator that keeps time collects its garbage often and briefly. With Node's default its
 * schedule was 9.6 ms late (p99) at 59,000 likes/s on Redis Streams, with this 3.6 ms. Where rates
 * are measured the default stays: there it is faster. */
const PACED_FLAGS = ['--max-semi-space-size=4'];
/** In an open loop a like is due, and sent, many times within this. */
const SENDING_TIMEOUT_MS = 10_000;
/** A worker that does not say what its clock shows has something else to do. */
const CLOCK_ANSWER_MS_MAX = 1_000;
/** Lines of a worker's output that are kept as its last words. */
const LAST_WORDS_LINES = 12;

/** How a worker ended, as its parent was told when it was reaped. */
export interface WorkerEnd {
  readonly pid: number;
  /** `SIGKILL`, or `exit code 0`. */
  readonly endedBy: string;
}

export class WorkerProcess {
  readonly role: WorkerSetup['role'];
  /** Resolves when the worker is ready; rejects when it dies or takes too long. */
  readonly ready: Promise<void>;
  /** Resolves with the report; rejects with the worker's last words when it dies before. */
  readonly done: Promise<WorkerReport>;
  /** Rejects when the worker dies and nobody meant it to; never resolves. */
  readonly died: Promise<never>;
  produced: ProducerSums = { attempted: 0, sent: 0, ok: 0, fail: 0, unknown: 0 };
  consumed: ConsumerSums = { delivered: 0, counted: 0, transactions: 0 };
  lastCounted: LastCounted | undefined;
  /** Consumers that look for hot posts: called with each of their windows. */
  onHotTold: ((told: HotTold) => void) | undefined;
  /** Gateways, once they are ready: where they listen. */
  url: string | undefined;
  /** Its report has come; from then on it ends by itself. */
  reported = false;
  readonly #child: ChildProcess;
  readonly #exited: Promise<WorkerEnd>;
  #isMeantToEnd = false;
  readonly #lastWords: string[] = [];
  #sending: PromiseWithResolvers<void> | undefined;
  #holding: PromiseWithResolvers<InHand> | undefined;
  #clock: PromiseWithResolvers<ClockReading> | undefined;

  /** `environment`: all of the process's variables, when they are not those of this one. */
  constructor(workerModule: string, setup: WorkerSetup, environment?: NodeJS.ProcessEnv) {
    this.role = setup.role;
    this.#child = fork(workerModule, {
      execArgv: [
        // kafkajs sets a timer to a negative time, which Node 24 warns about on every start.
        '--disable-warning=TimeoutNegativeWarning',
        ...(setup.role === 'producer' && setup.likesPerS !== undefined ? PACED_FLAGS : []),
      ],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(environment && { env: environment }),
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#remember(text));
    }
    const ready = Promise.withResolvers<void>();
    const done = Promise.withResolvers<WorkerReport>();
    this.ready = within(ready.promise, READY_TIMEOUT_MS, `the ${setup.role} is not ready`);
    this.done = done.promise;
    this.done.catch(() => undefined); // Whoever waits for it hears of it; nobody has to.
    const died = Promise.withResolvers<never>();
    this.died = died.promise;
    this.died.catch(() => undefined);
    this.ready.catch(() => undefined);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        const endedBy = signal ?? `exit code ${code}`;
        const death = this.#death(endedBy);
        ready.reject(death);
        done.reject(death);
        // After its report a worker ends by itself.
        if (!this.#isMeantToEnd && !this.reported) died.reject(death);
        resolve({ pid: this.pid, endedBy });
      });
    });
    this.#child.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') {
        this.url = message.url;
        ready.resolve();
      } else if (message.kind === 'sending') this.#sending?.resolve();
      else if (message.kind === 'holding') this.#holding?.resolve(message);
      else if (message.kind === 'clock') this.#clock?.resolve(message);
      else if (message.kind === 'produced') this.produced = message.sums;
      else if (message.kind === 'consumed') {
        if (message.hot) this.onHotTold?.(message.hot);
        this.consumed = message.sums;
        this.lastCounted = message.lastCounted;
      } else if (message.kind === 'failed') this.#remember(message.reason);
      else {
        if (message.kind === 'producer-done') this.produced = message.report.sums;
        else if (message.kind === 'consumer-done') this.consumed = message.report.sums;
        this.reported = true;
        done.resolve(message.report);
      }
    });
    this.#child.send(setup);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  tell(command: WorkerCommand): void {
    // A worker that has just died is noticed by `done`; the message to it is moot.
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  /** Producers: resolves when the next send begins. */
  async untilSending(): Promise<void> {
    this.#sending = Promise.withResolvers<void>();
    this.tell({ kind: 'tell-sending' });
    await within(this.#sending.promise, SENDING_TIMEOUT_MS, 'the producer sends nothing');
  }

  /** Consumers: holds it; resolves with the likes in its hands once it has some, in time or not. */
  async untilHolding(limitMs: number): Promise<InHand | undefined> {
    this.#holding = Promise.withResolvers<InHand>();
    this.tell({ kind: 'hold', held: true });
    const given = this.#holding.promise;
    return await Promise.race([given, sleep(limitMs, undefined, { ref: false })]);
  }

  /** What its clock shows when it is asked; undefined when it does not answer in time. */
  async readClock(): Promise<ClockReading | undefined> {
    this.#clock = Promise.withResolvers<ClockReading>();
    this.tell({ kind: 'tell-clock' });
    const tooLate = sleep(CLOCK_ANSWER_MS_MAX, undefined, { ref: false });
    return await Promise.race([this.#clock.promise, tooLate]);
  }

  /** Waits for the worker's own end, and kills it when that takes too long. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** SIGKILL; resolves when the process is reaped. */
  async kill(): Promise<WorkerEnd> {
    this.#isMeantToEnd = true;
    this.#child.kill('SIGKILL');
    return await this.#exited;
  }

  /** For a worker that was told to end itself at some step; undefined when it did not in time. */
  async untilEnded(limitMs: number): Promise<WorkerEnd | undefined> {
    this.#isMeantToEnd = true;
    const ended = await Promise.race([this.#exited, sleep(limitMs, undefined, { ref: false })]);
    this.#isMeantToEnd = ended !== undefined;
    return ended;
  }

  /** SIGTERM, as a deployment sends it; SIGKILL for a worker that has not ended in time. */
  async terminate(): Promise<WorkerEnd> {
    this.#isMeantToEnd = true;
    this.#child.kill('SIGTERM');
    await this.end();
    return await this.#exited;
  }

  #remember(text: string): void {
    this.#lastWords.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.#lastWords.splice(0, Math.max(0, this.#lastWords.length - LAST_WORDS_LINES));
  }

  #death(how: string): LabError {
    const words = this.#lastWords.length > 0 ? this.#lastWords.join(' | ') : 'it said nothing';
    return new LabError(
      'WORKER_DIED',
      `the ${this.role} ended by ${how}; its last words: ${words}; run it again`,
    );
  }
}

function within<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new LabError('STALLED', `${what} after ${limitMs / 1000} s; look at the server's log`),
      );
    }, limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
