/** Kafka as the lab runs it: a topic per queue, a partition per lane, one group that counts. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin, Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { openKafkaConsumer } from '../consumers/kafka.ts';
import { openKafkaProducer } from '../producers/kafka.ts';
import type { Backlog, Broker, Connection, ParkedMessage } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import type { Settings, Tier } from './servers/server.ts';

// Node finds no name for this one among kafkajs' exports.
const { ConfigResourceTypes } = kafkajs;

/** The consumer group that counts; another group could read the same likes again. */
const groupOf = (queue: string) => `${queue}.like-counters`;
const deadLetterTopicOf = (queue: string) => `${queue}.dead-letters`;

/** kafkajs' tries of an administrative request; with its growing pauses about 20 s. */
const ADMIN_RETRIES_MAX = 8;
/** How long a read of the dead-letter topic may take until its last message is there. */
const PARKED_READ_TIMEOUT_MS = 20_000;

/** How long a new topic or group may take until clients can use it, and how often that is asked. */
const SETTLE_TIMEOUT_MS = 20_000;
const SETTLE_POLL_MS = 50;

/** How `default.replication.factor` of the cluster is asked for. */
const REPLICATION_FACTOR_OF_CLUSTER = -1;

/** Segments of 16 MiB: whole segments are what Kafka deletes, so small ones keep the disk bounded
 * while a long trial runs. `power` has every append fsynced before it is acknowledged. */
function topicSettings(tier: Tier): { name: string; value: string }[] {
  const segments = { name: 'segment.bytes', value: String(16 * 1024 * 1024) };
  return tier === 'power' ? [segments, { name: 'flush.messages', value: '1' }] : [segments];
}

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
export async function openKafkaBroker(connection: Connection): Promise<Broker> {
  const client = clientOf(connection);
  const admin = new Kafka(client).admin({ retry: { retries: ADMIN_RETRIES_MAX } });
  await admin.connect().catch((cause: unknown) => {
    throw BrokerError.unreachable('kafka', connection.address, cause);
  });
  const inTurn = oneAtATime();
  return {
    name: 'kafka',
    tier: connection.tier,
    promises: {
      order: 'per-post',
      delivery: 'at-least-once',
      source: 'kafka.apache.org/43/design/design/#semantics',
    },
    habits: { likesPerSend: 2_000, sendsInFlight: 1 },
    hasQueue: (queue) => inTurn(async () => (await admin.listTopics()).includes(queue)),
    createQueue: (queue, { lanes }) =>
      inTurn(() => createTopics(admin, queue, { lanes, tier: connection.tier })),
    deleteQueue: (queue) => inTurn(() => deleteTopics(admin, queue)),
    openProducer: (queue) => openKafkaProducer({ client, topic: queue }),
    openConsumer: (queue, handleLikes) =>
      openKafkaConsumer(
        {
          client,
          topic: queue,
          groupId: groupOf(queue),
          deadLetterTopic: deadLetterTopicOf(queue),
        },
        handleLikes,
      ),
    backlog: (queue) => inTurn(() => backlogOf(admin, queue)),
    async parked(queue) {
      const topic = deadLetterTopicOf(queue);
      const [offsets] = await inTurn(() => admin.fetchTopicOffsets(topic));
      return readDeadLetters(client, topic, Number(offsets?.high ?? 0) - Number(offsets?.low ?? 0));
    },
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

async function createTopics(
  admin: Admin,
  queue: string,
  { lanes, tier }: { lanes: number; tier: Tier },
): Promise<void> {
  // A node alone can keep one copy, whatever it is set to; a cluster says itself how many it keeps.
  const { brokers } = await admin.describeCluster();
  const replicationFactor = brokers.length === 1 ? 1 : REPLICATION_FACTOR_OF_CLUSTER;
  const settings = { replicationFactor, configEntries: topicSettings(tier) };
  const topics = [
    { topic: queue, numPartitions: lanes, ...settings },
    { topic: deadLetterTopicOf(queue), numPartitions: 1, ...settings },
  ];
  const created = await admin.createTopics({ waitForLeaders: false, topics });
  if (!created) throw BrokerError.refused('kafka', `queue ${queue}`, 'it is there already');
  for (const { topic } of topics) await oncePossible(() => admin.fetchTopicOffsets(topic));
}

async function deleteTopics(admin: Admin, queue: string): Promise<void> {
  const topics = [queue, deadLetterTopicOf(queue)];
  const there = await admin.listTopics();
  await admin.deleteTopics({ topics: topics.filter((topic) => there.includes(topic)) });
  // There is no group yet where nobody has consumed.
  await admin.deleteGroups([groupOf(queue)]).catch(() => undefined);
}

/** Records before the group's position are never read again by it. */
async function deleteCounted(admin: Admin, queue: string): Promise<void> {
  const partitions = (await positionsOf(admin, queue))
    .filter(({ first, committed }) => committed > first)
    .map(({ partition, committed }) => ({ partition, offset: `${committed}` }));
  if (partitions.length > 0) await admin.deleteTopicRecords({ topic: queue, partitions });
}

/**
 * Asks again while the answer is one that passes by itself. A busy node says for a moment that it
 * knows no such new topic, does not lead it yet or is loading the group; kafkajs' own waiting for
 * leaders and its `fetchOffsets` give up on just those.
 */
async function oncePossible<T>(ask: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const mayPass = (error as { retriable?: boolean }).retriable === true;
      if (!mayPass || performance.now() > deadlineMs) throw error;
    }
    await sleep(SETTLE_POLL_MS);
  }
}

interface Position {
  readonly partition: number;
  readonly first: bigint;
  readonly committed: bigint;
  readonly end: bigint;
}

/** Where the log of each partition begins and ends, and up to where the group has counted. */
async function positionsOf(admin: Admin, queue: string): Promise<Position[]> {
  const [topic] = await oncePossible(() =>
    admin.fetchOffsets({ groupId: groupOf(queue), topics: [queue] }),
  );
  const offsets = await admin.fetchTopicOffsets(queue);
  return offsets.map(({ partition, low, high }) => {
    const found = topic?.partitions.find((candidate) => candidate.partition === partition);
    const committed = BigInt(found?.offset ?? -1);
    const first = BigInt(low);
    return {
      partition,
      first,
      committed: committed < first ? first : committed,
      end: BigInt(high),
    };
  });
}

/** Kafka knows what is committed, not what is in a consumer's hands: both count as waiting. */
async function backlogOf(admin: Admin, queue: string): Promise<Backlog> {
  const positions = await positionsOf(admin, queue);
  const waiting = positions.reduce((sum, { end, committed }) => sum + Number(end - committed), 0);
  const dead = await admin.fetchTopicOffsets(deadLetterTopicOf(queue));
  const parked = dead.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  return { waiting, unacknowledged: 0, parked };
}

async function readDeadLetters(
  client: KafkaConfig,
  topic: string,
  wanted: number,
): Promise<ParkedMessage[]> {
  const found: ParkedMessage[] = [];
  if (wanted === 0) return found;
  const groupId = `dead-letter-readers.${randomUUID()}`;
  const consumer = new Kafka(client).consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const complete = Promise.withResolvers<void>();
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      const reason = message.headers?.reason?.toString() ?? 'no reason given';
      found.push({ text: message.value?.toString() ?? '', reason });
      if (found.length >= wanted) complete.resolve();
    },
  });
  const late = AbortSignal.timeout(PARKED_READ_TIMEOUT_MS);
  late.addEventListener('abort', () => complete.reject(late.reason));
  try {
    await complete.promise;
  } catch (cause) {
    throw BrokerError.unreachable('kafka', `${topic} (${found.length} of ${wanted} read)`, cause);
  } finally {
    await consumer.disconnect();
  }
  return found;
}

/** The settings that decide what an acknowledgement means, and how much disk a queue may take. */
const SETTINGS_READ = {
  [ConfigResourceTypes.BROKER]: [
    'broker.session.timeout.ms',
    'broker.heartbeat.interval.ms',
    'group.initial.rebalance.delay.ms',
    'log.retention.check.interval.ms',
    'log.segment.delete.delay.ms',
    'message.max.bytes',
  ],
  [ConfigResourceTypes.TOPIC]: [
    'cleanup.policy',
    'flush.messages',
    'flush.ms',
    'min.insync.replicas',
    'segment.bytes',
  ],
};

async function readSettings(admin: Admin, queue: string): Promise<Settings> {
  const { brokers } = await admin.describeCluster();
  const resources = [
    { type: ConfigResourceTypes.BROKER, name: String(brokers[0]?.nodeId) },
    { type: ConfigResourceTypes.TOPIC, name: queue },
  ] as const;
  const answer = await admin.describeConfigs({
    includeSynonyms: false,
    resources: resources.map(({ type, name }) => ({
      type,
      name,
      configNames: SETTINGS_READ[type],
    })),
  });
  const settings: Record<string, string> = { 'brokers in the cluster': String(brokers.length) };
  for (const { configEntries } of answer.resources) {
    for (const { configName, configValue } of configEntries) settings[configName] = configValue;
  }
  return settings;
}
