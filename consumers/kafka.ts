/**
 * Counts likes from a Kafka topic with kafkajs 2.2.
 *
 * Promise: at least once, in order per partition. An offset is committed only after `handleLikes`
 * has stored everything before it, so a crash at any moment delivers likes again and loses none.
 * They are counted once only if `handleLikes` knows which it has seen.
 *
 * Proved by `npm run faults`, a row for each fault in results/README.md: of what was acknowledged
 * nothing is lost, and nothing counted twice, when the server, a consumer or a producer is killed,
 * a consumer sleeps through its session, the network is cut, or the store fails half-way. A power
 * cut is survived where the topic has `flush.messages=1`; elsewhere likes are lost, and with them
 * the order, since kafkajs does not notice that the log was cut back.
 *
 * The settings it rests on:
 * - `eachBatchAutoResolve: false` and `autoCommit: false`: kafkajs' defaults mark a batch as done
 *   when `eachBatch` returns early (on a rebalance, for one), which loses what was not handled.
 * - `fromBeginning: true`: a new group starts at the first like, not at those sent after it joined.
 * - an outage of the store throws: kafkajs backs off and delivers the batch again, for ever.
 * - each like comes with its place, topic/partition and offset, for a `handleLikes` that counts by
 *   places. kafkajs cannot read a topic's id, so a topic that was deleted and made again under its
 *   name is taken for the old one: its name has to be unique for as long as the store lives.
 * - what can never be counted goes to the dead-letter topic with its reason, before its offset is
 *   committed, so that one bad message neither blocks its partition nor gets lost. That topic's
 *   `max.message.bytes` should be some KB above the queue's: where there is no room for the reason,
 *   a letter goes without.
 */
import { type EachBatchPayload, Kafka, type KafkaConfig, type Message } from 'kafkajs';
import { type HandleLikes, handleMessages, type LikeConsumer } from '../likes/like.ts';

export interface KafkaConsumerOptions {
  /** Brokers, TLS and SASL, as kafkajs takes them. */
  readonly client: KafkaConfig;
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly groupId: string;
  /** LIKES_PER_BATCH_MAX unless told: fewer where likes are stored one by one. */
  readonly likesPerBatchMax?: number;
}

/** Likes for one call of `handleLikes`: more make fewer store transactions, fewer lose less time
 * when a batch is delivered again. A fetch of 1 MiB holds about 6,500 likes; cutting it in two, at
 * 5,000, counted 285,000 instead of 336,000 likes/s from a backlog. */
const LIKES_PER_BATCH_MAX = 7_500;
/** While the offset of one partition is being committed, the likes of others are handled: at 2,000
 * likes/s the median from due to visible fell from 19 to 14 ms, and no rate got worse. */
const PARTITIONS_AT_ONCE = 4;
/** How long the broker keeps a fetch open when nothing is new; stopping takes up to as long. */
const FETCH_WAIT_MS = 200;
/** After this long without a heartbeat the partitions go to another consumer. A batch and its
 * retries must fit; after a crash, others wait this long before they take over. */
export const SESSION_TIMEOUT_MS = 10_000;
/** The longest pause between two tries of a batch during an outage; well under the session. */
const RETRY_PAUSE_MS_MAX = 5_000;

/** Resolves when the group has assigned partitions to this consumer and it is fetching. */
export async function openKafkaConsumer(
  { likesPerBatchMax = LIKES_PER_BATCH_MAX, ...options }: KafkaConsumerOptions,
  handleLikes: HandleLikes,
): Promise<LikeConsumer> {
  // An answer that is later than a session is lost, and asked for again; by default after 30 s.
  const kafka = new Kafka({ requestTimeout: SESSION_TIMEOUT_MS, ...options.client });
  // Not idempotent: partitions send side by side here, and a dead letter may well stand twice.
  const deadLetters = kafka.producer({ allowAutoTopicCreation: false });
  let stopping = false;
  const consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    // Without the question a crash under way would restart a consumer that has been stopped.
    retry: { maxRetryTime: RETRY_PAUSE_MS_MAX, restartOnFailure: async () => !stopping },
  });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // It may fail before anybody listens.
  consumer.on('consumer.crash', ({ payload }) => payload.restart || failed.reject(payload.error));
  const joined = new Promise((join) => consumer.on('consumer.group_join', join));

  /** Together they may be more than the topic takes, and one alone by its reason. */
  async function park(letters: Message[], withReason = true): Promise<void> {
    const sent = deadLetters.send({ topic: options.deadLetterTopic, messages: letters });
    await sent.catch(async (error: { type?: string }) => {
      if (error.type !== 'MESSAGE_TOO_LARGE' || !withReason) throw error;
      if (letters.length === 1) return park([{ ...letters[0]!, headers: {} }], false);
      await park(letters.slice(0, letters.length / 2));
      await park(letters.slice(letters.length / 2));
    });
  }

  async function handleBatch(payload: EachBatchPayload): Promise<void> {
    const lane = `${payload.batch.topic}/${payload.batch.partition}`;
    for (let from = 0; from < payload.batch.messages.length; from += likesPerBatchMax) {
      if (!payload.isRunning() || payload.isStale()) return;
      const batch = payload.batch.messages.slice(from, from + likesPerBatchMax);
      const texts = batch.map((message) => message.value?.toString() ?? '');
      const placeOf = (index: number) => ({ lane, offset: BigInt(batch[index]!.offset) });
      const stored = handleMessages(texts, handleLikes, placeOf, (index) => batch[index]!.headers);
      const refusals = await stored.catch((cause: unknown) => {
        // kafkajs gives up for ever on some errors, a TypeError such as "fetch failed" among them.
        throw new Error('likes not stored', { cause });
      });
      const letters = refusals.map(({ index, reason }) => {
        return { key: batch[index]!.key, value: batch[index]!.value, headers: { reason } };
      });
      if (letters.length > 0) await park(letters);
      payload.resolveOffset(batch.at(-1)!.offset);
      await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
      await payload.heartbeat();
    }
  }

  const stop = async () => {
    stopping = true;
    await Promise.all([consumer.disconnect(), deadLetters.disconnect()]);
  };
  try {
    await Promise.all([consumer.connect(), deadLetters.connect()]);
    await consumer.subscribe({ topics: [options.topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: handleBatch,
    });
    await Promise.race([joined, failed.promise]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop, failed: failed.promise, [Symbol.asyncDispose]: stop };
}
