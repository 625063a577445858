/** The entry of the demo's own processes: composes what a gateway, a worker or a crowd needs. */
import { BROKERS } from '../brokers/index.ts';
import { runCrowd } from '../demo/crowd.ts';
import type {
  ChildCommand,
  ChildMessage,
  ChildSetup,
  GatewaySetup,
  QueueAddress,
  WorkerSetup,
} from '../demo/messages.ts';
import { openWorker } from '../demo/worker.ts';
import type { GatewayOptions } from '../gateway/open-gateway.ts';
import { messageOf } from '../lab/lab-error.ts';
import { openCountReader } from '../store/count-reader.ts';
import { openStore } from '../store/open-store.ts';

/** Transactions of the direct way at the same time, as `lab gateway` has them unless told. */
const CONNECTIONS = 10;
const STALENESS_MS_MAX = 250;

interface Orders {
  readonly stopped: AbortSignal;
  onHold: () => void;
}

function tell(message: ChildMessage): void {
  // Whoever started this has gone: the process ends by itself.
  process.send?.(message, () => undefined);
}

async function openBroker({ broker, connection }: QueueAddress) {
  const entry = BROKERS[broker];
  if (entry === undefined) throw new Error(`${broker} is no broker of the registry`);
  return await entry.open(connection);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

type Way = Pick<
  GatewayOptions,
  'producer' | 'system' | 'destination' | 'knowsNumbers' | 'reader' | 'probes' | 'limits'
>;

async function queuedWay(address: QueueAddress, opened: AsyncDisposableStack): Promise<Way> {
  const { storeReader } = await import('../gateway/post-reader.ts');
  const { LIMITS } = await import('../gateway/limits.ts');
  const { queue } = address;
  const broker = opened.use(await openBroker(address));
  const store = opened.use(await openStore(address.store));
  const backlogOf = async () => {
    const { waiting, unacknowledged } = await broker.backlog(queue);
    return waiting + unacknowledged;
  };
  const counts = openCountReader(store, { backlogOf, maxStalenessMs: STALENESS_MS_MAX });
  const { likesPerSend, sendsInFlight } = broker.habits;
  return {
    producer: await broker.openProducer(queue),
    system: broker.name,
    destination: queue,
    reader: storeReader({ counts, store }),
    probes: [{ name: broker.name, check: () => broker.hasQueue(queue) }],
    limits: {
      likesPerSendMax: Math.min(likesPerSend, LIMITS.likesPerSendMax),
      sendsInFlightMax: sendsInFlight,
    },
  };
}

async function directWay(url: string, opened: AsyncDisposableStack): Promise<Way> {
  const { openDirectDatabase } = await import('../gateway/direct-writer.ts');
  const { directReader } = await import('../gateway/post-reader.ts');
  const { LIMITS } = await import('../gateway/limits.ts');
  const options = { connections: CONNECTIONS, statementMsMax: LIMITS.answerMsMax };
  const client = { connectionString: url };
  const database = opened.use(await openDirectDatabase({ client, ...options }));
  return {
    producer: database.writer('states'),
    system: 'postgresql',
    destination: 'direct_counts',
    knowsNumbers: false,
    reader: directReader(database),
    probes: [{ name: 'postgresql', check: () => database.countOf('') }],
    limits: { likesPerSendMax: 1, sendsInFlightMax: CONNECTIONS, lingerMs: 0 },
  };
}

async function beGateway(setup: GatewaySetup, { stopped }: Orders): Promise<void> {
  const { openGateway } = await import('../gateway/open-gateway.ts');
  const { USER_LIMIT } = await import('../gateway/user-limiter.ts');
  await using opened = new AsyncDisposableStack();
  const way = setup.queued
    ? await queuedWay(setup.queued, opened)
    : await directWay(setup.databaseUrl, opened);
  const gateway = await openGateway({ ...way, rule: 'states', userLimit: USER_LIMIT });
  tell({ kind: 'ready', url: gateway.url });
  await untilAborted(stopped);
  await gateway.drain();
}

async function beWorker(setup: WorkerSetup, orders: Orders): Promise<void> {
  await using broker = await openBroker(setup);
  await using store = await openStore(setup.store);
  const openConsumer: Parameters<typeof openWorker>[0]['openConsumer'] = (handleLikes) =>
    broker.openConsumer(setup.queue, handleLikes);
  const worker = await openWorker({ store, openConsumer, tell });
  orders.onHold = () => worker.hold();
  tell({ kind: 'ready' });
  await untilAborted(orders.stopped);
  await worker.stop();
}

async function be(setup: ChildSetup, orders: Orders): Promise<void> {
  if (setup.role === 'gateway') return await beGateway(setup, orders);
  if (setup.role === 'worker') return await beWorker(setup, orders);
  tell({ kind: 'ready' });
  await runCrowd(setup, tell, orders.stopped);
}

// Ctrl-C reaches the whole group of processes; the demo decides what becomes of its own.
process.on('SIGINT', () => undefined);
// A demo that is gone, however it went, needs no process any more.
process.on('disconnect', () => process.exit(1));
process.once('message', async (setup: ChildSetup) => {
  const stop = new AbortController();
  const orders: Orders = { stopped: stop.signal, onHold: () => undefined };
  process.on('SIGTERM', () => stop.abort());
  process.on('message', ({ kind }: ChildCommand) => {
    if (kind === 'stop') stop.abort();
    else orders.onHold();
  });
  try {
    await be(setup, orders);
    // Messages go in their order: when this one is out, all are.
    process.send?.({ kind: 'ended' } satisfies ChildMessage, () => process.exit(0));
  } catch (error) {
    const reason = messageOf(error);
    process.send?.({ kind: 'failed', reason } satisfies ChildMessage, () => process.exit(1));
  }
});
