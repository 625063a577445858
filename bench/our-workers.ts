/** Our side of a contest with a queue: the workers of a trial, driven as a trial drives them. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openClock } from '../lab/clock.ts';
import { measureRates } from '../lab/measure-rates.ts';
import { SHARDS_DEFAULT } from '../lab/trial-plan.ts';
import type { ConsumerReport, ProducerReport } from '../lab/worker-messages.ts';
import { WorkerProcess, type WorkerSetup } from '../lab/worker-process.ts';
import { openStore, type StoreOptions } from '../store/open-store.ts';
import { expectExactly, SEED, StruckOutError, WORKLOAD } from './contest.ts';
import type { RunningBroker, Stage } from './stage.ts';

const WORKER_MODULE = fileURLToPath(new URL('../cli/worker.ts', import.meta.url));

/** How often the server is asked whether the queue is drained, as in a trial. */
const DRAIN_POLL_MS = 100;
/** Counting at the slowest rate anybody would wait for has long ended by then. */
const DRAIN_TIMEOUT_MS = 600_000;

/** Sends all likes; the messages are more than the likes, since clients send some twice. */
export async function publish(
  stage: Stage,
  running: RunningBroker,
  queue: string,
): Promise<{ likesPerS: number; messages: number }> {
  const recordsPath = stage.newPath('producer.records');
  const setup = setupOf(stage, running, queue);
  await using worker = openWorker(stage, { ...setup, role: 'producer', recordsPath });
  await worker.until(worker.process.ready);
  worker.process.tell({ kind: 'start' });
  const { sums } = (await worker.until(worker.process.done)) as ProducerReport;
  expectExactly('likes sent by our producer', sums.attempted, stage.likes);
  expectExactly('sends acknowledged to our producer', sums.ok, sums.sent);
  const { waiting } = await running.broker.backlog(queue);
  expectExactly('messages in the queue by the word of the server', waiting, sums.sent);
  const rates = measureRates({
    producerRecords: [recordsPath],
    consumerRecords: [],
    likes: stage.likes,
    together: false,
  });
  return { likesPerS: rateOf(rates.publishedLikesPerS), messages: sums.sent };
}

/** Counts a full queue into a new store, until the server says that it is drained. */
export async function count(stage: Stage, running: RunningBroker, queue: string): Promise<number> {
  const recordsPath = stage.newPath('consumer.records');
  const setup = setupOf(stage, running, queue);
  {
    await using worker = openWorker(stage, { ...setup, role: 'consumer', recordsPath });
    await worker.until(worker.process.ready);
    await worker.until(untilDrained(stage, running, queue));
    worker.process.tell({ kind: 'stop' });
    const { sums } = (await worker.until(worker.process.done)) as ConsumerReport;
    expectExactly('likes counted by our consumer', sums.counted, stage.likes);
  }
  await checkStore({ folder: setup.store.folder }, stage.likes);
  const rates = measureRates({
    producerRecords: [],
    consumerRecords: [recordsPath],
    likes: stage.likes,
    together: false,
  });
  return rateOf(rates.countedLikesPerS);
}

/** @throws StruckOutError when the store does not hold every like once, or is not sound. */
export async function checkStore(options: StoreOptions, likesWanted: number): Promise<void> {
  await using store = await openStore(options);
  const { likes, unlikes, marks } = await store.totals();
  expectExactly('likes and unlikes in the store', likes + unlikes, likesWanted);
  expectExactly('marks in the store', marks, likesWanted);
  const [problem] = await store.findProblems();
  if (problem !== undefined) throw new StruckOutError(`the store is not sound: ${problem}`);
}

function setupOf(stage: Stage, running: RunningBroker, queue: string) {
  const { likesPerSend, sendsInFlight } = running.broker.habits;
  return {
    broker: running.name,
    connection: { address: running.address, tier: running.tier },
    queue,
    originS: openClock().originS,
    store: { engine: 'sqlite', folder: stage.newPath('store'), shards: SHARDS_DEFAULT },
    reopens: false,
    source: randomBytes(6).toString('base64url'),
    workload: { name: WORKLOAD, options: { likes: stage.likes, seed: SEED } },
    likesPerSend,
    sendsInFlight,
  };
}

function openWorker(stage: Stage, setup: WorkerSetup) {
  const worker = new WorkerProcess(WORKER_MODULE, setup);
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const abort = () => aborted.reject(stage.signal.reason);
  stage.signal.addEventListener('abort', abort, { once: true });
  const died = worker.done.then(() => new Promise<never>(() => undefined));
  died.catch(() => undefined);
  let reported = false;
  worker.done.then(
    () => {
      reported = true;
    },
    () => undefined,
  );
  return {
    process: worker,
    /** Rejects as soon as the worker dies or the bench is interrupted. */
    until: <T>(work: Promise<T>): Promise<T> => Promise.race([aborted.promise, died, work]),
    async [Symbol.asyncDispose]() {
      stage.signal.removeEventListener('abort', abort);
      await (reported ? worker.end() : worker.kill());
    },
  };
}

async function untilDrained(stage: Stage, running: RunningBroker, queue: string): Promise<void> {
  const deadlineMs = performance.now() + DRAIN_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    stage.signal.throwIfAborted();
    const { waiting, unacknowledged } = await running.broker.backlog(queue);
    if (waiting === 0 && unacknowledged === 0) return;
    await sleep(DRAIN_POLL_MS);
  }
  throw new StruckOutError(`the queue was not drained within ${DRAIN_TIMEOUT_MS / 1000} s`);
}

function rateOf(rate: number | undefined): number {
  if (rate !== undefined) return rate;
  throw new StruckOutError('too few likes for a rate after the first tenth; give more --likes');
}
