/** The workers of one trial, each in a process of its own. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openClock } from './clock.ts';
import type { ClockComparison } from './compare-clocks.ts';
import { CrewMember } from './crew-member.ts';
import { LabError } from './lab-error.ts';
import type { StoreAddress, TrialContext, TrialLive } from './trial-context.ts';
import { producerWorkloadOf, type TrialPlan } from './trial-plan.ts';
import type {
  ClientReport,
  ConsumerReport,
  LastCounted,
  ProducerReport,
  ReaderReport,
  ViewerReport,
} from './worker-messages.ts';
import type { WorkerProcess, WorkerSetup } from './worker-process.ts';

/** Opens them, waits for them, and ends them; rejects as soon as one dies that was not meant to. */
export class Crew {
  readonly paths: {
    producerRecords: string[];
    consumerRecords: string[];
    sightings: string[];
    bounds: string[];
    requests: string[];
    store: StoreAddress;
  };
  readonly #plan: TrialPlan;
  readonly #context: TrialContext;
  readonly #queue: string;
  readonly clock = openClock();
  readonly #workers: CrewMember[] = [];
  readonly #accident = Promise.withResolvers<never>();
  #isDismissed = false;

  constructor(
    plan: TrialPlan,
    context: TrialContext,
    work: { queue: string; store: StoreAddress },
  ) {
    this.#plan = plan;
    this.#context = context;
    this.#queue = work.queue;
    this.paths = {
      producerRecords: [],
      consumerRecords: [],
      sightings: [],
      bounds: [],
      requests: [],
      store: work.store,
    };
    this.#accident.promise.catch(() => undefined); // Heard of by whoever waits for something.
  }

  /** The one that sends now; those before it have been killed. */
  get producer(): CrewMember | undefined {
    return this.#workers.findLast(({ sends }) => sends);
  }

  /** Those that count now, in the order opened. */
  get consumers(): readonly CrewMember[] {
    return this.#workers.filter(
      ({ role, isRunning, reported }) => role === 'consumer' && isRunning && !reported,
    );
  }

  /** The clocks of all that answered, against this one. */
  get clocks(): readonly ClockComparison[] {
    return this.#workers.flatMap(({ clockFound }) => clockFound ?? []);
  }

  /** Likes that the consumers say they have counted so far. */
  get counted(): number {
    return this.#workers.reduce((sum, { consumed }) => sum + consumed.counted, 0);
  }

  /** Likes that the producers say were acknowledged so far. */
  get acknowledged(): number {
    return this.#workers.reduce((sum, { produced }) => sum + produced.ok, 0);
  }

  /** What the workers have told so far. */
  get ledger(): TrialLive['ledger'] {
    const sums = { attempted: 0, ok: 0, unknown: 0, fail: 0, counted: this.counted };
    for (const { produced } of this.#workers) {
      sums.attempted += produced.attempted;
      // Clients send some likes twice; both sends may be acknowledged.
      sums.ok += Math.min(produced.ok, produced.attempted);
      sums.unknown += produced.unknown;
      sums.fail += produced.fail;
    }
    return sums;
  }

  /** By the consumer that is furthest behind. */
  get lastCounted(): LastCounted | undefined {
    const all = this.consumers.flatMap(({ lastCounted }) => lastCounted ?? []);
    return all.sort((one, other) => other.lagMs - one.lagMs)[0];
  }

  /** Records of workers that were killed on purpose: they may end in the middle of a block. */
  get recordsOfKilled(): readonly string[] {
    return this.#workers
      .filter(({ isRunning, reported }) => !isRunning && !reported)
      .map(({ recordsPath }) => recordsPath);
  }

  /** All at once, so that no one has worked off the backlog before the last one is there. */
  async openConsumers(): Promise<void> {
    const count = this.#plan.consumers;
    await Promise.all(Array.from({ length: count }, () => this.openConsumer()));
  }

  openConsumer(): Promise<CrewMember> {
    return this.#open('consumer', this.paths.consumerRecords);
  }

  /** Each is a source of its own, with likes of its own: the first has those of the plan. */
  openProducer(): Promise<CrewMember> {
    return this.#open('producer', this.paths.producerRecords);
  }

  /** The client of a trial over HTTP, once its gateways listen. */
  async openPath(): Promise<CrewMember> {
    const { gateways = 1 } = this.#plan.path ?? {};
    const opened = await Promise.all(
      Array.from({ length: gateways }, () => this.#open('gateway', this.paths.producerRecords)),
    );
    const urls = opened.map(({ url }) => url!);
    return await this.#open('client', this.paths.requests, { urls });
  }

  /** Resolves when every request has its answer. */
  async clientReport(signal: AbortSignal): Promise<ClientReport> {
    const client = this.#workers.find(({ role }) => role === 'client')!;
    // What it has told stays true when the crew is gone.
    const report = client.reported ? client.done : this.untilDone(client, signal);
    return (await report) as ClientReport;
  }

  /** Looks at counts from now on. To be opened when the store is there: after the consumers. */
  openReader(posts: readonly string[]): Promise<CrewMember> {
    return this.#open('reader', this.paths.sightings, { posts });
  }

  /** Asks for counts from `start` on, until its loops are over. */
  openViewer(): Promise<CrewMember> {
    return this.#open('viewer', this.paths.bounds);
  }

  /** To be asked for while the load goes on; undefined where there is no viewer. */
  async viewerReport(signal: AbortSignal): Promise<ViewerReport | undefined> {
    const viewer = this.#workers.find(({ role }) => role === 'viewer');
    if (viewer === undefined) return undefined;
    const report = (await this.untilDone(viewer, signal)) as ViewerReport;
    viewer.tell({ kind: 'stop' });
    return report;
  }

  /** To be told when no consumer counts any more; undefined where there is no reader. */
  async stopReader(signal: AbortSignal): Promise<ReaderReport | undefined> {
    const reader = this.#workers.find(({ role }) => role === 'reader');
    reader?.tell({ kind: 'stop' });
    return reader && ((await this.untilDone(reader, signal)) as ReaderReport);
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
    try {
      return await Promise.race([stopped.promise, this.#accident.promise, work]);
    } catch (error) {
      throw signal.aborted ? interrupted() : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Consumers store nothing of what they are given while they are held. */
  holdConsumers(held: boolean): void {
    for (const consumer of this.consumers) consumer.tell({ kind: 'hold', held });
  }

  /** Producers of an open loop: they send what is under way and report; killed ones have none. */
  async endProducers(signal: AbortSignal): Promise<ProducerReport[]> {
    for (const worker of this.#workers) {
      if (worker.sends) worker.tell({ kind: 'end' });
    }
    return await this.producerReports(signal);
  }

  async producerReports(signal: AbortSignal): Promise<ProducerReport[]> {
    const living = this.#workers.filter(
      ({ sends, isRunning, reported }) => sends && (isRunning || reported),
    );
    const reports = living.map((producer) => this.untilDone(producer, signal));
    return (await Promise.all(reports)) as ProducerReport[];
  }

  /** Reports of all that ended by themselves, those that a fault let go before included. */
  async stopConsumers(signal: AbortSignal): Promise<ConsumerReport[]> {
    for (const consumer of this.consumers) consumer.tell({ kind: 'stop' });
    const ending = this.#workers.filter(
      ({ role, isRunning, reported }) => role === 'consumer' && (isRunning || reported),
    );
    const reports = ending.map((consumer) => this.untilDone(consumer, signal));
    return (await Promise.all(reports)) as ConsumerReport[];
  }

  /** Ends every worker: those with a report by themselves, all others by SIGKILL. */
  async dismiss(): Promise<void> {
    // A fault under way may want a new worker in the place of one that it struck.
    this.#isDismissed = true;
    this.#accident.reject(interrupted());
    await Promise.all(
      this.#workers.map((worker) => (worker.reported ? worker.end() : worker.kill())),
    );
  }

  /** A gateway that writes into the database itself is the worker as well. */
  #commits(recordsPath: string): Pick<WorkerSetup, 'commitsPath'> {
    const commitsPath = `${recordsPath}.commits`;
    this.paths.consumerRecords.push(commitsPath);
    return { commitsPath };
  }

  async #open(
    role: WorkerSetup['role'],
    paths: string[],
    own: Pick<WorkerSetup, 'posts' | 'urls'> = {},
  ): Promise<CrewMember> {
    if (this.#isDismissed) throw interrupted();
    const { broker, server, folder, workerModule, brokerName } = this.#context;
    const { workload, likesPerS, arrivals, path, crash, faults } = this.#plan;
    const recordsPath = join(folder, `${role}-${paths.length}.records`);
    const options = producerWorkloadOf(this.#plan, role === 'producer' ? paths.length : 0);
    paths.push(recordsPath);
    const endpoint = this.#context.clientEndpoint ?? server.endpoint;
    const setup: WorkerSetup = {
      role,
      broker: brokerName,
      connection: { ...endpoint, tier: broker.tier },
      queue: this.#queue,
      originS: this.clock.originS,
      recordsPath,
      store: this.paths.store,
      ownConsumer: this.#context.ownConsumer,
      hotSpot: this.#plan.hotSpot,
      reopens: crash !== undefined || faults !== undefined,
      source: randomBytes(6).toString('base64url'),
      workload: { name: workload, options },
      likesPerSend: this.#plan.likesPerSend ?? broker.habits.likesPerSend,
      sendsInFlight: this.#plan.sendsInFlight ?? broker.habits.sendsInFlight,
      likesPerS,
      arrivals,
      path,
      ...own,
      ...(role === 'viewer' && { reads: this.#plan.reads, plan: this.#plan }),
      ...(role === 'client' && { plan: this.#plan }),
      ...(role === 'gateway' && path?.kind === 'direct' && this.#commits(recordsPath)),
    };
    const disk = role === 'consumer' ? this.#context.storeDisk : undefined;
    const worker = new CrewMember(workerModule, setup, disk?.environment);
    this.#workers.push(worker);
    worker.died.catch(this.#accident.reject);
    await this.whileAlive(worker.ready, this.#context.signal);
    // Nobody waits for it: answers take a fraction of a millisecond, and the work goes on.
    void worker.compareClock(this.clock);
    return worker;
  }
}

function interrupted(): LabError {
  return new LabError(
    'INTERRUPTED',
    'the run was interrupted; what was measured before is kept, start it again for the rest',
  );
}
