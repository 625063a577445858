/**
 * A worker module that goes wrong as faults.ts says: cli/worker.ts as it is, on brokers whose
 * producers and consumers are wrapped. Nothing of the lab knows of it.
 */
import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../../brokers/broker.ts';
import { BROKERS } from '../../brokers/index.ts';
import type { WorkerSetup } from '../../lab/worker-process.ts';
import type { HandleLikes, Like, LikeProducer } from '../../likes/like.ts';
import { shardPath } from '../../store/open-store.ts';
import '../../cli/worker.ts';
import { FAULT_SEQ, type Fault, faultOf, SLOW_END_MS, WORDS } from './faults.ts';

const setupArrived = new Promise<WorkerSetup>((resolve) => {
  process.once('message', (setup) => resolve(setup as WorkerSetup));
});

const registry = BROKERS as Record<string, (typeof BROKERS)[string]>;
for (const [name, entry] of Object.entries(BROKERS)) {
  registry[name] = {
    ...entry,
    async open(connection) {
      const setup = await setupArrived;
      const fault = faultOf(setup.workload.options.seed);
      const broker = await entry.open(connection);
      return fault === undefined ? broker : faulty(broker, fault, setup);
    },
  };
}

function faulty(broker: Broker, fault: Fault, setup: WorkerSetup): Broker {
  if (fault === 'named') {
    console.error(WORDS);
    writeFileSync(`${setup.recordsPath}.pid`, String(process.pid));
  }
  return {
    ...broker,
    async openProducer(queue) {
      const producer = await broker.openProducer(queue);
      return fault === 'loss' || fault === 'lossAndDouble' ? losing(producer) : producer;
    },
    openConsumer: (queue, handleLikes) =>
      broker.openConsumer(queue, faultyHandler(fault, setup, handleLikes)),
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      if (fault !== 'slowEnd') return;
      await sleep(SLOW_END_MS);
      writeFileSync(`${setup.recordsPath}.ended`, 'by itself');
    },
  };
}

function losing(producer: LikeProducer): LikeProducer {
  return {
    send: (likes) => producer.send(likes.filter(({ seq }) => seq !== FAULT_SEQ)),
    [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose](),
  };
}

function faultyHandler(fault: Fault, setup: WorkerSetup, handleLikes: HandleLikes): HandleLikes {
  if (fault === 'swap') return swapping(handleLikes);
  if (fault === 'miscount') {
    return (likes) => handleLikes(likes.map((like) => (isHit(like) ? onAnother(like) : like)));
  }
  let isDone = false;
  return async (likes) => {
    const isNow = !isDone && likes.some(({ seq }) => seq > FAULT_SEQ - 100);
    isDone ||= isNow;
    if (!isNow) return handleLikes(likes);
    if (fault === 'phantom') return handleLikes([...likes, { ...likes[0]!, source: 'nobody' }]);
    await handleLikes(likes);
    if (fault === 'doubleEffect' || fault === 'lossAndDouble') raiseCount(setup, likes[0]!.post);
  };
}

/** Holds the first batch back until the second is stored; both are acknowledged all the same. */
function swapping(handleLikes: HandleLikes): HandleLikes {
  let batches = 0;
  let held: Like[] = [];
  return async (likes) => {
    batches++;
    if (batches === 1) held = likes;
    else await handleLikes(likes);
    if (batches === 2) await handleLikes(held);
  };
}

function isHit({ seq }: Like): boolean {
  return seq === FAULT_SEQ;
}

function onAnother(like: Like): Like {
  return { ...like, post: `not ${like.post}` };
}

/** Only the shard that owns the post has a row to raise. */
function raiseCount({ store }: WorkerSetup, post: string): void {
  const { folder, shards } = store as { folder: string; shards: number };
  let raised = 0;
  for (let index = 0; index < shards; index++) {
    const database = new DatabaseSync(shardPath(folder, index), { timeout: 5_000 });
    const raise = database.prepare('UPDATE counts SET likes = likes + 1 WHERE post = ?');
    raised += Number(raise.run(post).changes);
    database.close();
  }
  if (raised !== 1) throw new Error(`${raised} counts of ${post} were raised instead of 1`);
}
