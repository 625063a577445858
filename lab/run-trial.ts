/** One trial from an empty queue to its judgement: the conductor's part. */
import { randomBytes } from 'node:crypto';
import type { Broker, LogEntry, ParkedMessage } from '../brokers/broker.ts';
import type { ServerUsage, Settings } from '../brokers/servers/server.ts';
import { openWorkload, type Workload } from '../likes/workloads/workload.ts';
import { type ClockFacts, clockFactsOf } from './compare-clocks.ts';
import { Crew } from './crew.ts';
import { type StrikeFacts, strikeAll } from './fault-trial.ts';
import { serverKill } from './faults/server-kill.ts';
import { BrokenTrialError } from './judge-remains.ts';
import { type PathEvidence, watchPath } from './path/watch-path.ts';
import { ruleOf, STORE_DEFAULT } from './store-plan.ts';
import type { StoreAddress, TrialContext } from './trial-context.ts';
import { type FaultPlan, type TrialPlan, workloadOptionsOf } from './trial-plan.ts';
import { watchTrial } from './trial-watch.ts';
import { untilDrained } from './until-drained.ts';
import { type HotPostsEvidence, watchHotPosts } from './watch-hot-posts.ts';
import { watchedPosts } from './watched-posts.ts';
import type {
  ConsumerReport,
  ProducerReport,
  ReaderReport,
  ViewerReport,
} from './worker-messages.ts';

/** A log is kept in memory while it is checked, at some 400 bytes a like. */
const LOG_ENTRIES_MAX = 1_000_000;

export interface ServerUsed {
  readonly cpuUs: { readonly publishing: number; readonly counting: number };
  readonly memoryBytesMax: number;
  /** The most that the data folder grew over its size before the trial. */
  readonly diskBytesMax: number;
}

/** What a trial left behind, to be checked and measured. */
export interface TrialEvidence {
  readonly workload: Workload;
  readonly producerRecords: readonly string[];
  readonly consumerRecords: readonly string[];
  /** What the reader saw, in a file for each reader; paced trials have one. */
  readonly sightings: readonly string[];
  readonly store: StoreAddress;
  readonly producers: readonly ProducerReport[];
  readonly consumers: readonly ConsumerReport[];
  readonly reader: ReaderReport | undefined;
  readonly viewer: ViewerReport | undefined;
  /** Bounds that the viewer was served, in a file for each viewer. */
  readonly bounds: readonly string[];
  readonly parked: readonly ParkedMessage[];
  readonly drained: boolean;
  /** Likes that the server said were waiting or unacknowledged when the wait was given up. */
  readonly left: number;
  readonly settings: Settings;
  readonly serverVersion: string;
  /** From the first send to the drained queue; undefined where it is somebody else's. */
  readonly server: ServerUsed | undefined;
  /** Processor time of the store's server from the first send to the drained queue. */
  readonly storeServerCpuUs: number | undefined;
  /** Records of workers that were killed on purpose; such a file may end in the middle. */
  readonly recordsOfKilled: readonly string[];
  /** Empty where nothing was done to the trial. */
  readonly strikes: readonly StrikeFacts[];
  readonly drainedUs: number;
  /** The workers' clocks against the conductor's; undefined when none was compared. */
  readonly clocks: ClockFacts | undefined;
  /** What the server itself still holds, counted or not; of brokers with offsets, when struck. */
  readonly log: readonly LogEntry[] | undefined;
  /** Of trials with a hot post. */
  readonly hot?: HotPostsEvidence | undefined;
  /** Of trials over HTTP. */
  readonly path?: PathEvidence | undefined;
}

/**
 * Creates the queue, lets the workers do their parts, waits until the server says that the queue is
 * drained, and deletes it. Whatever happens, no worker and no queue is left.
 * @throws BrokenTrialError with what is left of the trial; its cause is a LabError WORKER_DIED with
 * the worker's last words, STALLED or INTERRUPTED, or the broker's own error.
 */
export async function runTrial(plan: TrialPlan, context: TrialContext): Promise<TrialEvidence> {
  const { broker, server, signal } = context;
  const queue = `likes-${randomBytes(5).toString('hex')}`;
  const workload = openWorkload(plan.workload, workloadOptionsOf(plan));
  const address = await context.storeAddress(plan.shards, plan.store ?? STORE_DEFAULT);
  const store = { ...address, ...plan.sharding };
  const crew = new Crew(plan, context, { queue, store });
  const together = plan.mode !== 'publish-then-count';
  context.onProgress({
    phase: 'preparing',
    likesDone: 0,
    likesTotal: workload.likes,
    likesPerS: 0,
  });
  await broker.createQueue(queue, { lanes: plan.lanes, service: plan.service });
  let sending: Promise<[ProducerReport[], StrikeFacts[]]> | undefined;
  try {
    const [starter] = await Promise.all([
      plan.path ? crew.openPath() : crew.openProducer(),
      together ? crew.openConsumers() : undefined,
    ]);
    if (isReadable(plan)) await crew.openReader(watchedPosts(workload));
    await using hotPosts = await watchHotPosts(plan, context, crew, store);
    const viewer = plan.reads === undefined ? undefined : await crew.openViewer();
    await using path = await watchPath(plan, context);
    const serverVersion = await server.version();
    const before = await server.usage();
    const storeBefore = await context.storeServerUsage?.();
    const [likes, diskBytesBefore] = [workload.likes, before?.diskBytes ?? 0];
    using watch = watchTrial({ plan, context, queue, crew, likes, diskBytesBefore });
    starter.tell({ kind: 'start' });
    viewer?.tell({ kind: 'start' });
    watch.enter(together ? 'both' : 'publishing');
    sending = sendAll(plan, context, crew, queue);
    const [producers, strikes] = await Promise.race([sending, watch.obstacle]);
    const between = await server.usage();
    if (!together) await crew.openConsumers();
    watch.enter(together ? 'draining' : 'counting');
    const left = await untilDrained(broker, queue, crew, signal);
    const drainedUs = crew.clock.nowUs();
    await path?.stopLooking();
    const after = await server.usage();
    const storeAfter = await context.storeServerUsage?.();
    const hot = await hotPosts?.finish();
    const consumed = await crew.stopConsumers(signal);
    const isStruck = strikes.length > 0;
    const evidence = {
      workload,
      ...crew.paths,
      recordsOfKilled: crew.recordsOfKilled,
      producers,
      consumers: consumed,
      reader: await crew.stopReader(signal),
      viewer: await crew.viewerReport(signal),
      parked: await broker.parked(queue),
      drained: left === 0,
      left,
      settings: await broker.settings(queue),
      serverVersion,
      // A process that was started again has used nothing before that.
      server: isStruck ? undefined : serverUsed(before, between, after, watch.diskBytesMax),
      storeServerCpuUs: storeBefore && storeAfter && storeAfter.cpuUs - storeBefore.cpuUs,
      strikes,
      drainedUs,
      clocks: clockFactsOf(crew.clocks),
      log: isStruck ? await readLog(broker, queue) : undefined,
      hot,
    };
    await crew.dismiss();
    await broker.deleteQueue(queue);
    return { ...evidence, path: await path?.finish(crew) };
  } catch (error) {
    // The first error says more than a queue that cannot be deleted either; it ends with its
    // server.
    await crew.dismiss();
    // A server that is being killed or started again is no server for the next trial.
    await sending?.catch(() => undefined);
    throw new BrokenTrialError(error, { ...crew.paths, parked: await clearUp(broker, queue) });
  }
}

/** Of counts that may fall again, a read proves nothing. */
function isReadable({ mode, store }: TrialPlan): boolean {
  return mode === 'paced' && ruleOf(store) === 'tally';
}

/** Deletes the queue of a trial that broke, and resolves with what was parked, as far as it can. */
async function clearUp(broker: Broker, queue: string): Promise<string[]> {
  const parked = await broker.parked(queue).catch(() => []);
  await broker.deleteQueue(queue).catch(() => undefined);
  return parked.map(({ text }) => text);
}

/** By a fresh client, from the first place to the last; undefined when it is too long to keep. */
async function readLog(broker: Broker, queue: string): Promise<LogEntry[] | undefined> {
  if (broker.readLog === undefined) return undefined;
  const entries: LogEntry[] = [];
  for await (const entry of broker.readLog(queue)) {
    if (entries.push(entry) > LOG_ENTRIES_MAX) return undefined;
  }
  return entries;
}

/** All that was planned is sent; a load that is struck ends when it has shown enough. */
async function sendAll(
  plan: TrialPlan,
  context: TrialContext,
  crew: Crew,
  queue: string,
): Promise<[ProducerReport[], StrikeFacts[]]> {
  const faults = plan.faults ?? faultsOfCrash(plan);
  if (plan.path === undefined && faults === undefined) {
    return [await crew.producerReports(context.signal), []];
  }
  const striking = faults ? strikeAll({ ...plan, faults }, context, crew, queue) : [];
  if (plan.path) await untilLoadEnds(crew, striking, context.signal);
  const strikes = await striking;
  return [await crew.endProducers(context.signal), strikes];
}

/** The load of a client has an end of its own, whatever strikes it meanwhile. */
async function untilLoadEnds(
  crew: Crew,
  striking: Promise<StrikeFacts[]> | StrikeFacts[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await Promise.all([crew.clientReport(signal), striking]);
  } finally {
    // Also where the load broke off: a server that is being killed is no server for others.
    await Promise.allSettled([striking]);
  }
}

/** A crash is one kill of the server, at a moment and after a hold of its own. */
function faultsOfCrash({ crash }: TrialPlan): FaultPlan | undefined {
  if (crash === undefined) return undefined;
  const { killAfterS, holdS, goOnS, acknowledgedLeast } = crash;
  const firstAfterS = killAfterS - holdS;
  return { fault: { ...serverKill, holdS }, strikes: 1, firstAfterS, goOnS, acknowledgedLeast };
}

function serverUsed(
  before: ServerUsage | undefined,
  between: ServerUsage | undefined,
  after: ServerUsage | undefined,
  diskBytesMax: number,
): ServerUsed | undefined {
  if (!before || !between || !after) return undefined;
  const samples = [before, between, after];
  return {
    cpuUs: {
      publishing: between.cpuUs - before.cpuUs,
      counting: after.cpuUs - between.cpuUs,
    },
    memoryBytesMax: Math.max(...samples.map(({ memoryBytes }) => memoryBytes)),
    diskBytesMax: Math.max(
      diskBytesMax,
      ...samples.map(({ diskBytes }) => diskBytes - before.diskBytes),
    ),
  };
}
