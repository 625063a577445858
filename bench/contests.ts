/** The contests: what each pair does, what its figures include, and the ratio the lab aims at. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { encodeLike } from '../likes/like.ts';
import { openWorkload } from '../likes/workloads/workload.ts';
import type { StoreOptions } from '../store/open-store.ts';
import { runSide } from './child.ts';
import { type Contest, expectExactly, SEED, WORKLOAD } from './contest.ts';
import { hotWatched } from './hot-contest.ts';
import { consumerPerformance, producerPerformance } from './kafka-tools.ts';
import { checkStore, count, publish } from './our-workers.ts';
import { postgresApplied } from './postgres-contest.ts';
import { countOnFullQueue, QUEUE_CONTESTS } from './queue-contests.ts';
import { openQueue } from './stage.ts';
import { LIKES_PER_BATCH, SHARDS } from './store-batches.ts';

/**
 * Lines of the file from which ProducerPerformance draws: enough to be mixed, few enough to load.
 */
const PAYLOADS_MAX = 10_000;

const kafkaPublished: Contest = {
  name: 'kafka-published',
  unit: 'messages',
  target: 0.3,
  warmsUp: true,
  ours:
    "the lab's producer process: makes, records, encodes and sends likes, each send awaited; " +
    'acknowledged after the first tenth',
  bare:
    "Kafka's ProducerPerformance (acks=all, else its own defaults) with our keys and messages as " +
    'payloads without a key; its own figure after the first tenth',
  async openPair(stage) {
    const kafka = await stage.sharedKafka();
    const payloads = stage.newPath('payloads.txt');
    writePayloads(payloads, stage.likes);
    return {
      async ours() {
        await using queue = await openQueue(kafka);
        return (await publish(stage, kafka, queue.name)).likesPerS;
      },
      async bare() {
        await using queue = await openQueue(kafka);
        const order = { address: kafka.address, topic: queue.name, records: stage.likes };
        const perS = await producerPerformance(stage, order, payloads);
        const { waiting } = await kafka.broker.backlog(queue.name);
        expectExactly('messages in the topic by the word of the server', waiting, stage.likes);
        return perS;
      },
    };
  },
};

/** Key and value of every so manieth like as one line: the size that our messages have. */
function writePayloads(path: string, likes: number): void {
  const every = Math.ceil(likes / PAYLOADS_MAX);
  const lines: string[] = [];
  for (const planned of openWorkload(WORKLOAD, { likes, seed: SEED }).stream()) {
    if (planned.seq % every !== 0 || planned.retry) continue;
    lines.push(
      planned.post + encodeLike({ source: 'gateway0', likedAtMs: Date.now(), ...planned }),
    );
  }
  writeFileSync(path, lines.join('\n'));
}

const kafkaCounted: Contest = {
  name: 'kafka-counted',
  unit: 'messages',
  target: 0.08,
  warmsUp: true,
  ours:
    "the lab's consumer process: reads, decodes, records and counts a backlog into 4 SQLite " +
    'shards (synchronous=FULL), each like once; likes counted after the first tenth',
  bare:
    "Kafka's ConsumerPerformance on the same topic: reads all messages (0.5 % are retries) and " +
    'counts nothing; its own figure over its whole fetch time, joining the group left out',
  async openPair(stage) {
    const kafka = await stage.sharedKafka();
    await using stack = new AsyncDisposableStack();
    const queue = stack.use(await openQueue(kafka));
    const { messages } = await publish(stage, kafka, queue.name);
    const order = { address: kafka.address, topic: queue.name, records: messages };
    return {
      ours: () => count(stage, kafka, queue.name),
      bare: () => consumerPerformance(stage, order),
      held: stack.move(),
    };
  },
};

const storeApplied: Contest = {
  name: 'store-applied',
  unit: 'likes',
  target: 0.5,
  warmsUp: false,
  ours:
    `apply of likes in batches of ${LIKES_PER_BATCH} on ${SHARDS} shards (synchronous=FULL): ` +
    'routed, marked as seen, added up; after the first tenth',
  bare:
    'prepared upserts of the same counts, added up before the clock starts, in transactions of ' +
    'the same size and settings, without marks; after the first tenth',
  async openPair(stage) {
    const { likes, signal } = stage;
    return {
      async ours() {
        const folder = stage.newPath('store');
        const store: StoreOptions = { folder, shards: SHARDS, synchronous: 'FULL' };
        const report = await runSide('our-apply.ts', { store, likes }, signal);
        expectExactly('likes handled by us', report.handled, likes);
        await checkStore({ folder }, likes);
        return report.perS;
      },
      async bare() {
        const folder = stage.newPath('store');
        const report = await runSide('bare-upsert.ts', { folder, likes }, signal);
        expectExactly('likes handled by the bare side', report.handled, likes);
        expectExactly('likes in the bare files', sumOfBareShards(folder), likes);
        return report.perS;
      },
    };
  },
};

function sumOfBareShards(folder: string): number {
  let sum = 0;
  for (let index = 0; index < SHARDS; index++) {
    using database = new DatabaseSync(join(folder, `shard-${index}.sqlite`));
    const { likes } = database.prepare('SELECT SUM(likes + unlikes) AS likes FROM counts').get()!;
    sum += likes as number;
  }
  return sum;
}

const nullCounted: Contest = {
  name: 'null-counted',
  unit: 'messages',
  warmsUp: false,
  ours:
    'the ceiling of the lab: the consumer process on a queue that only passes the same bytes on, ' +
    'into the same store; likes counted after the first tenth',
  async openPair(stage) {
    return { ours: () => countOnFullQueue(stage, { name: 'null' }) };
  },
};

export const CONTESTS: readonly Contest[] = [
  kafkaPublished,
  kafkaCounted,
  ...QUEUE_CONTESTS,
  storeApplied,
  postgresApplied,
  hotWatched,
  nullCounted,
];
