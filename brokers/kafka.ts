/** Kafka as the lab runs it: a topic per queue, a partition per lane, one group that counts. */
import { readFileSync } from 'node:fs';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { openKafkaConsumer, SESSION_TIMEOUT_MS } from '../consumers/kafka.ts';
import { ANSWER_TIMEOUT_MS, openKafkaProducer } from '../producers/kafka.ts';
import type { Broker, Connection, OpenOwnConsumer } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import { type Letters, parkedOf, postTexts, readLog, redriveLetters } from './kafka-messages.ts';
import { reread } from './kafka-reread.ts';
import {
  backlogOf,
  createTopics,
  deadLetterTopicOf,
  deleteCounted,
  deleteTopics,
  groupOf,
  keepsLog,
  readSettings,
  topicRanges,
} from './kafka-topics.ts';

/** kafkajs' tries of an administrative request; with its growing pauses about 20 s. */
const ADMIN_RETRIES_MAX = 8;
/** Addresses, TLS and SASL, as kafkajs takes them. */
function clientOf({ address, tls, ...shown }: Connection): KafkaConfig {
  const { username, password, saslMechanism: mechanism = 'plain' } = shown;
  return {
    brokers: address.split(','),
    clientId: 'like-lab',
    logLevel: logLevel.NOTHING, // Every failure also rejects; the lab prints it once.
    ...(tls && { ssl: tls.caFile === undefined ? true : { ca: [readFileSync(tls.caFile)] } }),
    ...(username !== undefined &&
      password !== undefined && { sasl: { mechanism, username, password } as SASLOptions }),
  };
}

/** Connects an admin client; rejects with BROKER_UNREACHABLE when no broker answers. */
export async function openKafkaBroker(
  connection: Connection,
  own?: OpenOwnConsumer,
): Promise<Broker> {
  const openConsumer = (own ?? openKafkaConsumer) as typeof openKafkaConsumer;
  const { likesPerBatchMax } = connection;
  const client = clientOf(connection);
  const admin = new Kafka(client).admin({ retry: { retries: ADMIN_RETRIES_MAX } });
  await admin.connect().catch((cause: unknown) => {
    throw BrokerError.unreachable('kafka', connection.address, cause);
  });
  const inTurn = oneAtATime();
  const lettersOf = (queue: string): Letters => {
    const topic = deadLetterTopicOf(queue);
    return {
      client,
      topic,
      ranges: () => inTurn(() => topicRanges(admin, topic)),
      deleteBefore: (partition, offset) =>
        inTurn(() =>
          admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${offset}` }] }),
        ),
    };
  };
  return {
    name: 'kafka',
    tier: connection.tier,
    promises: {
      order: 'per-post',
      // A position beyond a log that was cut back points into new likes when the log has grown
      // again. Clients notice by the leader's epoch (KIP-320), which kafkajs does not ask for.
      orderEndsWithLoss: true,
      delivery: 'at-least-once',
      source: 'kafka.apache.org/43/design/design/#semantics',
    },
    habits: { likesPerSend: 2_000, sendsInFlight: 1 },
    timeoutsMs: { session: SESSION_TIMEOUT_MS, answer: ANSWER_TIMEOUT_MS },
    hasQueue: (queue) => inTurn(async () => (await admin.listTopics()).includes(queue)),
    async createQueue(queue, { lanes, service, keepsLog }) {
      BrokerError.refuseService('kafka', service);
      await inTurn(() => createTopics(admin, queue, { lanes, tier: connection.tier, keepsLog }));
    },
    deleteQueue: (queue) => inTurn(() => deleteTopics(admin, queue)),
    openProducer: (queue) => openKafkaProducer({ client, topic: queue }),
    openConsumer: (queue, handleLikes) =>
      openConsumer(
        {
          client,
          topic: queue,
          groupId: groupOf(queue),
          deadLetterTopic: deadLetterTopicOf(queue),
          ...(likesPerBatchMax !== undefined && { likesPerBatchMax }),
        },
        handleLikes,
      ),
    backlog: (queue) => inTurn(() => backlogOf(admin, queue)),
    parked: (queue) => parkedOf(lettersOf(queue)),
    post: (queue, texts) => postTexts(client, queue, texts),
    redrive: (queue, { max } = {}) => redriveLetters(lettersOf(queue), queue, max),
    readLog: (queue) => readLog(client, queue, () => inTurn(() => topicRanges(admin, queue))),
    keepsLog: (queue) => inTurn(() => keepsLog(admin, queue)),
    reread: (queue) =>
      reread(queue, {
        ask: (request) => inTurn(() => request(admin)),
        open: (group, handleLikes) => openConsumer({ client, topic: queue, ...group }, handleLikes),
      }),
    reclaim: (queue) => inTurn(() => deleteCounted(admin, queue)),
    settings: (queue) => inTurn(() => readSettings(admin, queue)),
    [Symbol.asyncDispose]: () => admin.disconnect(),
  };
}

/**
 * kafkajs' admin client keeps one picture of the cluster for all its requests; two at once take
 * topics out of each other's, and fail.
 */
function oneAtATime(): <T>(ask: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (ask) => {
    const asked = last.then(ask);
    last = asked.catch(() => undefined);
    return asked;
  };
}
