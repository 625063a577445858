/** The entry of a worker process: composes broker, store and role, and does what it is told. */
import { BROKERS } from '../brokers/index.ts';
import { type Clock, openClock, resolutionUs } from '../lab/clock.ts';
import { type CountsLikes, consume } from '../lab/consume.ts';
import { messageOf } from '../lab/lab-error.ts';
import { SINGLE_UPDATES_PER_BATCH_MAX, withSingleUpdates } from '../lab/path/single-updates.ts';
import { produce } from '../lab/produce.ts';
import { readCounts } from '../lab/read-counts.ts';
import { requestPool } from '../lab/request-pool.ts';
import { type ServesCounts, viewCounts } from '../lab/view-counts.ts';
import type { WorkerCommand, WorkerPort } from '../lab/worker-messages.ts';
import type { WorkerSetup } from '../lab/worker-process.ts';
import { openWorkload, type WorkloadName } from '../likes/workloads/workload.ts';
import { openCountReader } from '../store/count-reader.ts';
import type { CountStore } from '../store/count-store.ts';
import { openStore, type StoreOptions } from '../store/open-store.ts';
import { countingWithHotPosts } from './hot-counting.ts';
import { loadOwnConsumer } from './load-consumer.ts';
import { openPathTracing } from './path-tracing.ts';

async function work(setup: WorkerSetup, port: WorkerPort, clock: Clock): Promise<void> {
  if (setup.role === 'reader') {
    // By no broker: it knows nothing but what the store shows to everybody.
    await using store = await openStore({ ...setup.store, readOnly: true } as StoreOptions);
    const { recordsPath, posts = [] } = setup;
    await readCounts({ recordsPath, posts }, { store, clock, port });
    return;
  }
  if (setup.role === 'viewer') return await view(setup, port, clock);
  if (setup.role === 'gateway' || setup.role === 'client') {
    // Loaded here, since no other worker needs an HTTP server.
    const { request, serve } = await import('./path-worker.ts');
    return await (setup.role === 'client' ? request : serve)(setup, port, clock);
  }
  const entry = BROKERS[setup.broker];
  if (entry === undefined) throw new Error(`${setup.broker} is no broker of the registry`);
  const { ownConsumer } = setup;
  const own = ownConsumer && (await loadOwnConsumer(ownConsumer, entry.consumerFunction));
  await using broker = await entry.open(connectionOf(setup), own);
  if (setup.role === 'producer') {
    const { name, options } = setup.workload;
    const workload = openWorkload(name as WorkloadName, options);
    await using producer = await broker.openProducer(setup.queue);
    await produce(setup, { producer, workload, clock, port });
    return;
  }
  await using store = await openStore(setup.store as unknown as StoreOptions);
  await using tracing = await openPathTracing(setup, clock);
  await consume(setup, {
    openConsumer: (handleLikes) => broker.openConsumer(setup.queue, handleLikes),
    store: countingAs(setup, store, clock),
    clock,
    port,
    tracer: tracing?.worker,
  });
}

/** Likes that are stored one by one take so long that a full batch would outlast its session. */
function connectionOf({ connection, path }: WorkerSetup): WorkerSetup['connection'] {
  if (path?.updates !== 'single') return connection;
  return { ...connection, likesPerBatchMax: SINGLE_UPDATES_PER_BATCH_MAX };
}

/** The store as it is, or between what the trial is about. */
function countingAs({ hotSpot, path }: WorkerSetup, store: CountStore, clock: Clock): CountsLikes {
  if (hotSpot) return countingWithHotPosts(store, hotSpot, clock);
  return path?.updates === 'single' ? withSingleUpdates(store) : store;
}

/** Asks the store itself, or a reader that knows what still waits in the queue. */
async function view(setup: WorkerSetup, port: WorkerPort, clock: Clock): Promise<void> {
  const plan = setup.plan!;
  const { postsPerRequest, maxStalenessMs } = setup.reads!;
  await using store = await openStore({ ...setup.store, readOnly: true } as StoreOptions);
  await using broker = await BROKERS[setup.broker]!.open(setup.connection);
  const backlogOf = async () => {
    const { waiting, unacknowledged } = await broker.backlog(setup.queue);
    return waiting + unacknowledged;
  };
  const nowMs = () => clock.nowUs() / 1_000;
  const source: ServesCounts =
    maxStalenessMs === undefined
      ? { countsOf: (posts) => store.countsOf(posts) }
      : openCountReader(store, { backlogOf, maxStalenessMs, nowMs });
  const requests = requestPool(plan, postsPerRequest);
  const { likes, likesPerS = 1, warmUpS = 0, seed } = plan;
  const measureS = Number(likes) / likesPerS - warmUpS;
  const { recordsPath } = setup;
  await viewCounts({ recordsPath, requests, seed, warmUpS, measureS }, { source, clock, port });
}

/** Commands in the order they came, for whoever asks next. */
function openPort(clock: Clock): WorkerPort {
  const resolution = resolutionUs(clock);
  const commands: WorkerCommand[] = [];
  const waiting: ((command: WorkerCommand) => void)[] = [];
  const take = (command: WorkerCommand) => {
    if (command.kind === 'tell-clock') {
      process.send!({ kind: 'clock', nowUs: clock.nowUs(), resolutionUs: resolution });
      return;
    }
    const next = waiting.shift();
    if (next) next(command);
    else commands.push(command);
  };
  process.on('message', take);
  // What a deployment sends: a consumer stores and acknowledges what is in its hands, and ends.
  process.on('SIGTERM', () => take({ kind: 'stop' }));
  return {
    tell: (message) => new Promise((resolve) => process.send!(message, () => resolve())),
    nextCommand: () => {
      const command = commands.shift();
      if (command) return Promise.resolve(command);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

// Ctrl-C reaches the whole group of processes; the conductor decides what becomes of its workers.
process.on('SIGINT', () => undefined);
// A conductor that is gone, however it went, needs no worker any more.
process.on('disconnect', () => process.exit(1));
process.once('message', async (setup: WorkerSetup) => {
  const clock = openClock(setup.originS);
  const port = openPort(clock);
  try {
    await work(setup, port, clock);
    process.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.stack : messageOf(error));
    await port.tell({ kind: 'failed', reason: messageOf(error) });
    process.exit(1);
  }
});
