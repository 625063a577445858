/** The messages of a Kafka topic, read from their beginning and sent as they are. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Consumer,
  Kafka,
  type KafkaConfig,
  type KafkaMessage,
  type Message,
  Partitioners,
  type Producer,
} from 'kafkajs';
import type { LogEntry, ParkedMessage } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import type { Range } from './kafka-topics.ts';

/** How long a read may go without anything new before its last message is there. */
const READ_SILENCE_TIMEOUT_MS = 20_000;
/** How long the server keeps a fetch open, and how much of a partition it brings at most. */
const FETCH_WAIT_MS = 100;
const FETCH_BYTES_MAX = 4 * 1024 * 1024;
/** While somebody looks at what was read, the group hears of the reader this often. */
const HEARTBEAT_INTERVAL_MS = 3_000;
/** Dead letters that one request moves back: together less than 1 MiB, which a topic takes. */
const REDRIVE_BYTES_MAX = 500_000;
/** More than what a record holds besides key and value. */
const RECORD_BYTES_MORE = 100;

/** What a server says of a message that it takes from nobody. */
const REFUSALS = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** The dead-letter topic of a queue, and what it takes to read it and to empty it. */
export interface Letters {
  readonly client: KafkaConfig;
  readonly topic: string;
  ranges(): Promise<Range[]>;
  /** Deletes the records of a partition before an offset. */
  deleteBefore(partition: number, offset: bigint): Promise<void>;
}

export async function parkedOf({ client, topic, ranges }: Letters): Promise<ParkedMessage[]> {
  const found: ParkedMessage[] = [];
  for await (const { messages } of readRanges(client, topic, await ranges())) {
    for (const { value, headers } of messages) {
      const reason = headers?.reason?.toString() ?? 'no reason given';
      found.push({ text: value?.toString() ?? '', reason });
    }
  }
  return found;
}

export async function* readLog(
  client: KafkaConfig,
  topic: string,
  ranges: () => Promise<Range[]>,
): AsyncGenerator<LogEntry> {
  for await (const { partition: lane, messages } of readRanges(client, topic, await ranges())) {
    for (const { offset, value } of messages) {
      yield { lane, position: Number(offset), text: value?.toString() ?? '' };
    }
  }
}

/** Each in a request of its own, so that a refused one has a name. */
export async function postTexts(
  client: KafkaConfig,
  topic: string,
  texts: readonly string[],
): Promise<void> {
  await using sender = await openSender(client);
  for (const value of texts) {
    try {
      await sender.producer.send({ topic, messages: [{ partition: 0, value }] });
    } catch (error) {
      const { cause = error } = error as Error;
      const isRefused = REFUSALS.has((cause as { type?: string }).type ?? '');
      if (isRefused) throw BrokerError.messageRefused('kafka', value, cause);
      throw BrokerError.unreachable('kafka', topic, error);
    }
  }
}

/** Kafka deletes from the front of a log, so letters go in their order. */
export async function redriveLetters(
  { client, topic, ranges, deleteBefore }: Letters,
  queue: string,
  max = Number.POSITIVE_INFINITY,
): Promise<{ redriven: number }> {
  let redriven = 0;
  await using sender = await openSender(client);
  for await (const { partition, messages } of readRanges(client, topic, await ranges())) {
    for (const chunk of chunksOf(messages.slice(0, max - redriven))) {
      const records = chunk.map(({ key, value }): Message => ({ key, value }));
      await sender.producer.send({ topic: queue, messages: records });
      await deleteBefore(partition, BigInt(chunk.at(-1)!.offset) + 1n);
      redriven += chunk.length;
    }
    if (redriven >= max) break;
  }
  return { redriven };
}

function chunksOf(messages: readonly KafkaMessage[]): KafkaMessage[][] {
  const chunks: KafkaMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const more = (message.key?.length ?? 0) + (message.value?.length ?? 0) + RECORD_BYTES_MORE;
    if (bytes + more > REDRIVE_BYTES_MAX) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(message);
    bytes += more;
  }
  return chunks;
}

async function openSender(client: KafkaConfig): Promise<AsyncDisposable & { producer: Producer }> {
  const producer = new Kafka(client).producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return { producer, [Symbol.asyncDispose]: () => producer.disconnect() };
}

/** Some messages of one partition, in their order. */
interface Page {
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
}

/**
 * What the ranges hold, each partition in its order, once. By a group of its own that commits
 * nothing, so it takes nothing from anybody, and the server forgets it some time after it has left.
 * @throws BrokerError BROKER_UNREACHABLE when nothing new comes for too long
 */
async function* readRanges(
  client: KafkaConfig,
  topic: string,
  ranges: readonly Range[],
): AsyncGenerator<Page> {
  const left = new Map(
    ranges.filter(({ from, to }) => from < to).map((range) => [range.partition, { ...range }]),
  );
  if (left.size === 0) return;
  const consumer = new Kafka(client).consumer({
    groupId: `readers.${randomUUID()}`,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytesPerPartition: FETCH_BYTES_MAX,
  });
  const pages = new Handover<Page & { readonly last: bigint }>();
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) pages.fail(payload.error);
  });
  try {
    await consumer.connect();
    await startReading(consumer, topic, pages);
    while (left.size > 0) {
      const { partition, messages, last } = await pages.take(READ_SILENCE_TIMEOUT_MS);
      const range = left.get(partition);
      if (range === undefined) continue;
      // After a rebalance the group begins at the front again.
      const wanted = messages.filter(({ offset }) => isWithin(BigInt(offset), range));
      if (last >= range.from) range.from = last + 1n;
      if (range.from >= range.to) left.delete(partition);
      if (wanted.length > 0) yield { partition, messages: wanted };
    }
  } catch (cause) {
    const behind = [...left.values()].map(({ partition, from, to }) => {
      return `${to - from} of partition ${partition}`;
    });
    throw BrokerError.unreachable('kafka', `${topic} (not read: ${behind.join(', ')})`, cause);
  } finally {
    pages.close();
    await consumer.disconnect();
  }
}

const isWithin = (offset: bigint, { from, to }: Range): boolean => offset >= from && offset < to;

async function startReading(
  consumer: Consumer,
  topic: string,
  pages: Handover<Page & { readonly last: bigint }>,
): Promise<void> {
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, heartbeat }) => {
      const { partition, messages } = batch;
      const taken = pages.offer({ partition, messages, last: BigInt(batch.lastOffset()) });
      while ((await Promise.race([taken, sleep(HEARTBEAT_INTERVAL_MS, 'not yet')])) === 'not yet') {
        await heartbeat();
      }
    },
  });
}

/** Passes things on in their order; who has one waits until it is taken. */
class Handover<Thing> {
  readonly #offers: { readonly thing: Thing; readonly taken: PromiseWithResolvers<void> }[] = [];
  #news = Promise.withResolvers<void>();
  #closed = false;

  /** Resolves when it has been taken, or nobody wants anything any more. */
  offer(thing: Thing): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const taken = Promise.withResolvers<void>();
    this.#offers.push({ thing, taken });
    this.#news.resolve();
    return taken.promise;
  }

  /** Rejects when there is nothing within the limit. */
  async take(limitMs: number): Promise<Thing> {
    const end = new AbortController();
    const late = sleep(limitMs, undefined, { signal: end.signal }).then(() => {
      throw new Error(`nothing new for ${limitMs} ms`);
    });
    await Promise.race([this.#news.promise, late]).finally(() => {
      late.catch(() => undefined);
      end.abort();
    });
    const { thing, taken } = this.#offers.shift()!;
    if (this.#offers.length === 0) this.#news = Promise.withResolvers();
    taken.resolve();
    return thing;
  }

  fail(reason: unknown): void {
    this.#news.promise.catch(() => undefined); // Perhaps nobody is waiting just now.
    this.#news.reject(reason);
  }

  close(): void {
    this.#closed = true;
    for (const { taken } of this.#offers) taken.resolve();
  }
}
