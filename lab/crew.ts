/** The workers of one trial, each in a process of its own. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openClock } from './clock.ts';
import { LabError } from './lab-error.ts';
import type { TrialContext } from './trial-context.ts';
import { type TrialPlan, workloadOptionsOf } from './trial-plan.ts';
import type { ConsumerReport } from './worker-messages.ts';
import { WorkerProcess, type WorkerSetup } from './worker-process.ts';

/** Opens them, waits for them, and ends them; rejects as soon as one of them dies. */
export class Crew {
  readonly paths: { producerRecords: string[]; consumerRecords: string[]; storeFolder: string };
  readonly #plan: TrialPlan;
  readonly #context: TrialContext;
  readonly #queue: string;
  readonly #source = randomBytes(6).toString('base64url');
  readonly clock = openClock();
  readonly #workers: WorkerProcess[] = [];

  constructor(plan: TrialPlan, context: TrialContext, queue: string) {
    this.#plan = plan;
    this.#context = context;
    this.#queue = queue;
    this.paths = {
      producerRecords: [],
      consumerRecords: [],
      storeFolder: join(context.folder, 'store'),
    };
  }

  get producer(): WorkerProcess | undefined {
    return this.#workers.find(({ role }) => role === 'producer');
  }

  /** Likes that the consumers say they have counted so far. */
  get counted(): number {
    return this.#workers.reduce((sum, { consumed }) => sum + consumed.counted, 0);
  }

  get #consumers(): WorkerProcess[] {
    return this.#workers.filter(({ role }) => role === 'consumer');
  }

  /** All at once, so that no one has worked off the backlog before the last one is there. */
  async openConsumers(): Promise<void> {
    const names = Array.from({ length: this.#plan.consumers }, (_, index) => `consumer-${index}`);
    await Promise.all(
      names.map((name) => this.#open('consumer', name, this.paths.consumerRecords)),
    );
  }

  openProducer(): Promise<WorkerProcess> {
    return this.#open('producer', 'producer-0', this.paths.producerRecords);
  }

  /** A worker's report; rejects as soon as any worker dies or the trial is interrupted. */
  untilDone(worker: WorkerProcess, signal: AbortSignal) {
    return this.whileAlive(worker.done, signal);
  }

  async whileAlive<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const stopped = Promise.withResolvers<never>();
    const abort = () => stopped.reject(interrupted());
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const deaths = this.#workers.map(({ done }) => done.then(() => new Promise<never>(() => {})));
    try {
      return await Promise.race([stopped.promise, ...deaths, work]);
    } catch (error) {
      throw signal.aborted ? interrupted() : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Consumers store nothing of what they are given while they are held. */
  holdConsumers(held: boolean): void {
    for (const consumer of this.#consumers) consumer.tell({ kind: 'hold', held });
  }

  async stopConsumers(signal: AbortSignal): Promise<ConsumerReport[]> {
    for (const consumer of this.#consumers) consumer.tell({ kind: 'stop' });
    const reports = this.#consumers.map((consumer) => this.untilDone(consumer, signal));
    return (await Promise.all(reports)) as ConsumerReport[];
  }

  /** Ends every worker: those with a report by themselves, all others by SIGKILL. */
  async dismiss(): Promise<void> {
    // A turn of the event loop, not a promise that is fulfilled already: that one always wins.
    await Promise.all(
      this.#workers.map((worker) =>
        Promise.race([worker.done.then(() => true), nextTurn(false)])
          .catch(() => false)
          .then((reported) => (reported ? worker.end() : worker.kill())),
      ),
    );
  }

  async #open(role: WorkerSetup['role'], name: string, paths: string[]): Promise<WorkerProcess> {
    const { broker, server, folder, workerModule, brokerName } = this.#context;
    const { mode, workload, likesPerS, shards } = this.#plan;
    const recordsPath = join(folder, `${name}.records`);
    paths.push(recordsPath);
    const worker = new WorkerProcess(workerModule, {
      role,
      broker: brokerName,
      connection: { ...server.endpoint, tier: broker.tier },
      queue: this.#queue,
      originS: this.clock.originS,
      recordsPath,
      storeFolder: this.paths.storeFolder,
      shards,
      reopens: mode === 'crash',
      source: this.#source,
      workload: { name: workload, options: workloadOptionsOf(this.#plan) },
      likesPerSend: this.#plan.likesPerSend ?? broker.habits.likesPerSend,
      sendsInFlight: this.#plan.sendsInFlight ?? broker.habits.sendsInFlight,
      likesPerS,
    });
    this.#workers.push(worker);
    await this.whileAlive(worker.ready, this.#context.signal);
    return worker;
  }
}

function interrupted(): LabError {
  return new LabError(
    'INTERRUPTED',
    'the run was interrupted; what was measured before is kept, start it again for the rest',
  );
}
