/** One trial of a control: its server, its variant, its fault, and the lab's own judgement. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDiskControl } from '../../../brokers/servers/local/disk/disk-control.ts';
import { environmentWith } from '../../../brokers/servers/local/environment.ts';
import { startLocalServer } from '../../../brokers/servers/local/index.ts';
import { faultNamed } from '../../../lab/faults/index.ts';
import { openProxy } from '../../../lab/faults/proxy.ts';
import { type OpenTrial, type RunSetup, runJob, type TrialNeeds } from '../../../lab/run-jobs.ts';
import type { Job } from '../../../lab/schedule.ts';
import type { TrialResult } from '../../../lab/trial-result.ts';
import { openStore, type StoreOptions } from '../../../store/open-store.ts';
import { temporaryFolder } from '../../brokers/servers/temporary-folder.ts';
import { madeExperiment } from '../made-result.ts';
import type { Control } from './controls.ts';
import { twoDeaths } from './two-deaths.ts';
import { variantsOf } from './variants/index.ts';

const WORKER = fileURLToPath(new URL('control-worker.ts', import.meta.url));
/** Well below what the variants take, since a backlog of theirs proves nothing. */
const LIKES_PER_S = 1_000;
const LIKES_PER_S_SLOW = 200;
const SLOW_LIKES_PER_S = 5_000;
/** Of the load, to be acknowledged in the second before a strike. */
const SHARE_ACKNOWLEDGED_LEAST = 0.4;
const FIRST_AFTER_S = 1.5;
const GO_ON_S = 1;
const LOAD_S_MAX = 600;

export interface ControlOrder {
  /** Named in `control.faults`; the first of them unless told. */
  readonly fault?: string;
  /** As often as the fault needs at least, unless told. */
  readonly strikes?: number;
  readonly seed: number;
}

/** Never rejects for what the trial found; `verdict` and `reasons` of the result tell that. */
export async function runControl(control: Control, order: ControlOrder): Promise<TrialResult> {
  const name = order.fault ?? control.faults[0];
  const fault = name === twoDeaths.name ? twoDeaths : faultNamed(name);
  const { likesPerSRough } = variantsOf(nobodyCounts)[control.broker];
  const likesPerS = likesPerSRough < SLOW_LIKES_PER_S ? LIKES_PER_S_SLOW : LIKES_PER_S;
  const job: Job = {
    broker: control.broker,
    tier: control.claimedTier,
    likesPerSRough,
    experiment: madeExperiment,
    step: {
      mode: 'faults',
      likes: 0,
      rate: { likesPerS },
      measureS: LOAD_S_MAX,
      consumers: Math.max(control.consumers, fault.consumers ?? 0),
      faults: {
        fault,
        strikes: order.strikes ?? fault.strikesLeast ?? 1,
        firstAfterS: FIRST_AFTER_S,
        goOnS: GO_ON_S,
        acknowledgedLeast: likesPerS * SHARE_ACKNOWLEDGED_LEAST,
      },
    },
  };
  const result = await runJob(
    job,
    0,
    [],
    setupOf(order.seed, (needs) => open(control, needs)),
  );
  if (result === undefined) throw new Error(`the trial of ${control.name} was interrupted`);
  return result;
}

async function open(control: Control, needs: TrialNeeds): Promise<OpenTrial> {
  await using stack = new AsyncDisposableStack();
  const entry = variantsOf(nobodyCounts)[control.broker];
  const { path } = stack.use(await temporaryFolder());
  const proxy = needs.equipment.includes('network') ? stack.use(await openProxy()) : undefined;
  const disk = needs.equipment.includes('disk');
  const server = stack.use(
    await startLocalServer(entry.server, {
      tier: control.serverTier,
      folder: path,
      disk,
      proxyPort: proxy?.port,
    }),
  );
  if (server.behindProxy !== undefined) proxy?.passTo(server.behindProxy);
  const broker = stack.use(await entry.open({ ...server.endpoint, tier: control.claimedTier }));
  const folder = await mkdtemp(join(path, 'trial-'));
  const held = stack.move();
  return {
    brokerName: control.broker,
    broker,
    server,
    proxy,
    storeDisk: needs.equipment.includes('store-disk') ? await storeDiskIn(folder) : undefined,
    clientEndpoint: proxy && { ...server.endpoint, address: proxy.address },
    workerModule: WORKER,
    folder,
    storeAddress: async (shards) => ({ folder: join(folder, 'store'), shards }),
    openStore: (address) => openStore(address as unknown as StoreOptions),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function storeDiskIn(folder: string): Promise<OpenTrial['storeDisk']> {
  const filesFolder = join(folder, 'store');
  const log = () => undefined;
  const { environment, control } = await openDiskControl({ folder, filesFolder, log });
  return { environment: environmentWith(environment), control };
}

function setupOf(seed: number, openTrial: (needs: TrialNeeds) => Promise<OpenTrial>): RunSetup {
  return {
    run: 'controls',
    commit: 'none',
    machine: {},
    versions: {},
    plan: { workload: 'trending', seed, shards: 3, backlogBytesMax: 2 ** 30 },
    signal: new AbortController().signal,
    open: (_, needs) => openTrial(needs),
    onTrial: () => undefined,
    onSkip: () => undefined,
    onProgress: () => undefined,
    onResult: () => undefined,
  };
}

/** The conductor opens no consumer. */
const nobodyCounts = () => Promise.reject(new Error('nobody counts in this process'));
