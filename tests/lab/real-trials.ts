/** Real trials for the tests: a real server, real worker processes, and what they leave behind. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Broker } from '../../brokers/broker.ts';
import { BROKERS } from '../../brokers/index.ts';
import { fetchServers, startLocalServer } from '../../brokers/servers/local/index.ts';
import type { Server, Tier } from '../../brokers/servers/server.ts';
import type { Step } from '../../lab/experiment.ts';
import { type OpenTrial, type RunSetup, runJob } from '../../lab/run-jobs.ts';
import type { Job } from '../../lab/schedule.ts';
import type { TrialProgress } from '../../lab/trial-context.ts';
import type { CrashPlan, FaultPlan, TrialMode } from '../../lab/trial-plan.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { openStore, type StoreOptions } from '../../store/open-store.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { allCounts } from '../store/made-likes.ts';
import { madeExperiment } from './made-result.ts';

export const LIKES = 20_000;
const PACED_LIKES_PER_S = 2_000;
export const TIER = 'memory';
/** Of trials that something is done to: enough for a backlog, few enough for a machine that has
 * other things to do. */
const STRUCK_LIKES_PER_S = 1_500;
/** Few, so that one send follows close upon the other and a kill meets one of them. */
const STRUCK_LIKES_PER_SEND = 2;
/** A load that is struck ends when it has shown enough. */
const FAULTS_MEASURE_S = 300;
const CRASH_MEASURE_S = 2.6;
const CRASH: CrashPlan = { killAfterS: 0.6, holdS: 0.3, goOnS: 0.5, acknowledgedLeast: 500 };

const FAULTY_WORKER = fileURLToPath(new URL('faulty-worker.ts', import.meta.url));
const WORKER = fileURLToPath(new URL('../../cli/worker.ts', import.meta.url));

export interface TrialOrder {
  readonly mode: TrialMode;
  readonly seed: number;
  readonly consumers?: number;
  readonly lanes?: number;
  /** Of trials without a pace; LIKES unless told. */
  readonly likes?: number;
  /** How long a trial at a pace goes on. */
  readonly measureS?: number;
  /** Of trials that something is done to. */
  readonly likesPerS?: number;
  /** Of crash trials: how long the load goes on afterwards. */
  readonly goOnS?: number;
  readonly faults?: FaultPlan;
  /** Where the trial is about its shards; else there are three, by slots. */
  readonly sharding?: Pick<Step, 'shards' | 'sharding'>;
  readonly signal?: AbortSignal;
  /** The server and the broker that the conductor is given, made from the real ones. */
  serverOf?(server: Server): Server;
  brokerOf?(broker: Broker): Broker;
  onProgress?(progress: TrialProgress, folder: string): void;
}

export interface FinishedTrial {
  /** Undefined when the run was interrupted. */
  readonly result: TrialResult | undefined;
  /** What all shards hold, by post; undefined when nobody got as far as opening the store. */
  readonly counts: Map<string, { likes: number; unlikes: number }> | undefined;
  /** Whether a file was in the trial's folder when its store was opened to be checked. */
  wasThere(name: string): boolean;
}

export interface RealTrials extends AsyncDisposable {
  readonly broker: Broker;
  readonly address: string;
  readonly server: Server;
  /** Every queue that was ever made. */
  readonly queues: readonly string[];
  run(order: TrialOrder): Promise<FinishedTrial>;
}

/**
 * Starts the broker's server and connects to it. A `serverTier` other than the tier is a server
 * that does not keep what the broker says.
 */
export async function openRealTrials(
  brokerName: string,
  { tier = TIER, serverTier = tier }: { tier?: Tier; serverTier?: Tier } = {},
): Promise<RealTrials> {
  const entry = BROKERS[brokerName]!;
  await fetchServers([entry.server], () => undefined);
  const folder = await temporaryFolder();
  const server = await startLocalServer(entry.server, {
    tier: serverTier,
    folder: folder.path,
  });
  const broker = await entry.open({ ...server.endpoint, tier });
  const queues: string[] = [];
  const watched: Broker = {
    ...broker,
    createQueue(queue, options) {
      queues.push(queue);
      return broker.createQueue(queue, options);
    },
  };
  return {
    broker,
    address: server.address,
    server,
    queues,
    async run(order) {
      const trialFolder = mkdtempSync(join(folder.path, 'trial-'));
      const found: { counts: FinishedTrial['counts']; names: Set<string> } = {
        counts: undefined,
        names: new Set(),
      };
      const opened: OpenTrial = {
        brokerName,
        broker: order.brokerOf?.(watched) ?? watched,
        server: order.serverOf?.(server) ?? server,
        workerModule: order.seed >= 9_000_000 ? FAULTY_WORKER : WORKER,
        folder: trialFolder,
        storeAddress: async (shards) => ({ folder: join(trialFolder, 'store'), shards }),
        async openStore(address) {
          const store = await openStore(address as unknown as StoreOptions);
          const rows = await allCounts(store);
          found.counts = new Map(rows.map(({ post, ...counts }) => [post, counts]));
          for (const name of LEFT_BEHIND) {
            if (existsSync(join(trialFolder, name))) found.names.add(name);
          }
          return store;
        },
        [Symbol.asyncDispose]: () => rm(trialFolder, { recursive: true, force: true }),
      };
      // Not runJobs: it would look for the broker's maximum first.
      const job = jobOf(brokerName, tier, order);
      const result = await runJob(job, 0, [], setupOf(order, opened));
      return { result, counts: found.counts, wasThere: (name) => found.names.has(name) };
    },
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const LEFT_BEHIND = ['producer-0.records.ended', 'consumer-0.records.ended'];

function jobOf(broker: string, tier: Tier, order: TrialOrder): Job {
  const contender = { broker, tier, likesPerSRough: 100_000 };
  return { ...contender, experiment: madeExperiment, step: stepOf(order) };
}

function stepOf({ mode, measureS, likesPerS, likes = LIKES, ...order }: TrialOrder): Step {
  const rateStruck = { likesPerS: likesPerS ?? STRUCK_LIKES_PER_S };
  if (mode === 'crash') {
    const crash = { ...CRASH, goOnS: order.goOnS ?? CRASH.goOnS };
    return { mode, likes: 0, rate: rateStruck, measureS: measureS ?? CRASH_MEASURE_S, crash };
  }
  if (mode === 'faults') {
    const { faults } = order;
    return { mode, likes: 0, rate: rateStruck, measureS: FAULTS_MEASURE_S, faults: faults! };
  }
  if (mode !== 'paced') return { mode, likes, ...order.sharding };
  const rate = { likesPerS: PACED_LIKES_PER_S };
  const times = { warmUpS: 0.5, measureS: measureS ?? 1 };
  return { mode, likes: 0, rate, ...times, ...order.sharding };
}

function setupOf(order: TrialOrder, opened: OpenTrial): RunSetup {
  const { mode, seed, lanes = 4, consumers = 1 } = order;
  const isStruck = mode === 'crash' || mode === 'faults';
  return {
    run: 'test',
    commit: 'none',
    machine: {},
    versions: {},
    plan: {
      workload: 'trending',
      seed,
      lanes,
      consumers,
      likesPerSend: isStruck ? STRUCK_LIKES_PER_SEND : undefined,
      // A batch has a moment after its third shard only where there is a fourth.
      shards: mode === 'faults' ? 4 : 3,
      backlogBytesMax: 2 ** 30,
    },
    signal: order.signal ?? new AbortController().signal,
    open: async () => opened,
    onTrial: () => undefined,
    onSkip: () => undefined,
    onProgress: (progress) => order.onProgress?.(progress, opened.folder),
    onResult: () => undefined,
  };
}

/** A server that does all that the real one does, but what a test wants to be different. */
export function serverLike(
  server: Server,
  changed: Partial<Pick<Server, 'kill' | 'start' | 'pid'>>,
): Server {
  return {
    name: server.name,
    tier: server.tier,
    title: server.title,
    runtime: server.runtime,
    endpoint: server.endpoint,
    get pid() {
      return server.pid;
    },
    start: () => server.start(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    version: () => server.version(),
    usage: () => server.usage(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    ...changed,
  };
}

/** Process ids of the workers that this process has, by the system's own word. */
export function workerPids(): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return table
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((row) => row !== null)
    .filter(([, , parent, words]) => Number(parent) === process.pid && /worker\.ts/.test(words!))
    .map(([, pid]) => Number(pid));
}
