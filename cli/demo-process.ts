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
import { messageOf } from '../lab/lab-error.ts';
import { openStore } from '../store/open-store.ts';
import { untilAborted } from './interrupt.ts';

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

async function beGateway(setup: GatewaySetup, { stopped }: Orders): Promise<void> {
  const { openGateway } = await import('../gateway/open-gateway.ts');
  const { USER_LIMIT } = await import('../gateway/user-limiter.ts');
  const { openDirectWay, queueWay } = await import('./gateway-ways.ts');
  await using opened = new AsyncDisposableStack();
  const { queued, databaseUrl } = setup;
  const rule = 'states';
  const openQueueWay = async (address: QueueAddress) => {
    const broker = opened.use(await openBroker(address));
    const store = opened.use(await openStore(address.store));
    return await queueWay({ broker, queue: address.queue, store });
  };
  const client = { connectionString: databaseUrl };
  const way = await (queued ? openQueueWay(queued) : openDirectWay({ client, rule }, opened));
  const gateway = await openGateway({ ...way, rule, userLimit: USER_LIMIT });
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
