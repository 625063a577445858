/** Real trials for the tests: a real server, real worker processes, and what they leave behind. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Broker } from '../../brokers/broker.ts';
import { BROKERS } from '../../brokers/index.ts';
import { fetchServers, startLocalServer } from '../../brokers/servers/local/index.ts';
import { type OpenTrial, type RunSetup, runJobs } from '../../lab/run-jobs.ts';
import type { TrialProgress } from '../../lab/trial-context.ts';
import type { TrialMode } from '../../lab/trial-plan.ts';
import type { TrialResult } from '../../lab/trial-result.ts';
import { openStore } from '../../store/open-store.ts';
import { temporaryFolder } from '../brokers/servers/temporary-folder.ts';
import { madeExperiment } from './made-result.ts';

export const LIKES = 20_000;
const PACED_LIKES_PER_S = 2_000;
export const TIER = 'memory';

const FAULTY_WORKER = fileURLToPath(new URL('faulty-worker.ts', import.meta.url));
const WORKER = fileURLToPath(new URL('../../cli/worker.ts', import.meta.url));

export interface TrialOrder {
  readonly mode: TrialMode;
  readonly seed: number;
  readonly consumers?: number;
  readonly lanes?: number;
  /** How long a paced trial goes on. */
  readonly measureS?: number;
  readonly signal?: AbortSignal;
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
  /** Every queue that was ever made. */
  readonly queues: readonly string[];
  run(order: TrialOrder): Promise<FinishedTrial>;
}

/** Starts the broker's server and connects to it. */
export async function openRealTrials(brokerName: string): Promise<RealTrials> {
  const entry = BROKERS[brokerName]!;
  await fetchServers([entry.server], () => undefined);
  const folder = await temporaryFolder();
  const server = await startLocalServer(entry.server, { tier: TIER, folder: folder.path });
  const broker = await entry.open({ address: server.address, tier: TIER });
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
    queues,
    async run(order) {
      const trialFolder = mkdtempSync(join(folder.path, 'trial-'));
      const found: { counts: FinishedTrial['counts']; names: Set<string> } = {
        counts: undefined,
        names: new Set(),
      };
      const opened: OpenTrial = {
        brokerName,
        broker: watched,
        server,
        workerModule: order.seed >= 9_000_000 ? FAULTY_WORKER : WORKER,
        folder: trialFolder,
        async openStore(path) {
          const store = await openStore({ folder: path });
          const rows = store.shards.flatMap((shard) => [...shard.counts()]);
          found.counts = new Map(rows.map(({ post, ...counts }) => [post, counts]));
          for (const name of LEFT_BEHIND) {
            if (existsSync(join(trialFolder, name))) found.names.add(name);
          }
          return store;
        },
        [Symbol.asyncDispose]: () => rm(trialFolder, { recursive: true, force: true }),
      };
      const [result] = await runJobs([jobOf(brokerName, order)], setupOf(order, opened));
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

function jobOf(broker: string, { mode, measureS = 1 }: TrialOrder) {
  const rate = { likesPerS: PACED_LIKES_PER_S };
  const step = {
    mode,
    likes: LIKES,
    ...(mode === 'paced' ? { rate, warmUpS: 0.5, measureS } : {}),
  };
  return { broker, tier: TIER, experiment: madeExperiment, step } as const;
}

function setupOf(order: TrialOrder, opened: OpenTrial): RunSetup {
  const { seed, lanes = 4, consumers = 1 } = order;
  return {
    run: 'test',
    commit: 'none',
    machine: {},
    versions: {},
    plan: { workload: 'trending', seed, lanes, consumers, shards: 3, backlogBytesMax: 2 ** 30 },
    signal: order.signal ?? new AbortController().signal,
    open: async () => opened,
    onTrial: () => undefined,
    onProgress: (progress) => order.onProgress?.(progress, opened.folder),
    onResult: () => undefined,
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
