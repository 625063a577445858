/** The topics of a queue on Kafka: made, deleted, how full they are, and how they are set. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import type { Backlog } from './broker.ts';
import { BrokerError } from './broker-error.ts';
import type { Settings, Tier } from './servers/server.ts';

// Node finds no name for this one among kafkajs' exports.
const { ConfigResourceTypes } = kafkajs;

/** The consumer group that counts; another group could read the same likes again. */
export const groupOf = (queue: string) => `${queue}.like-counters`;
export const deadLetterTopicOf = (queue: string) => `${queue}.dead-letters`;

/** How long a new topic or group may take until clients can use it, and how often that is asked. */
const SETTLE_TIMEOUT_MS = 20_000;
const SETTLE_POLL_MS = 50;

/** How `default.replication.factor` of the cluster is asked for. */
const REPLICATION_FACTOR_OF_CLUSTER = -1;

const KEPT_FOR_EVER = { name: 'retention.ms', value: '-1' };

/** Segments of 16 MiB: whole segments are what Kafka deletes, so small ones keep the disk bounded
 * while a long trial runs. `power` has every append fsynced before it is acknowledged. A log that
 * is kept is kept for ever; others as long as the cluster's retention says, by default 7 days. */
function topicSettings(tier: Tier, keepsLog: boolean): { name: string; value: string }[] {
  return [
    { name: 'segment.bytes', value: String(16 * 1024 * 1024) },
    ...(tier === 'power' ? [{ name: 'flush.messages', value: '1' }] : []),
    ...(keepsLog ? [KEPT_FOR_EVER] : []),
  ];
}

export async function createTopics(
  admin: Admin,
  queue: string,
  { lanes, tier, keepsLog = false }: { lanes: number; tier: Tier; keepsLog?: boolean | undefined },
): Promise<void> {
  // A node alone can keep one copy, whatever it is set to; a cluster says itself how many it keeps.
  const { brokers } = await admin.describeCluster();
  const replicationFactor = brokers.length === 1 ? 1 : REPLICATION_FACTOR_OF_CLUSTER;
  const settings = { replicationFactor, configEntries: topicSettings(tier, keepsLog) };
  const topics = [
    { topic: queue, numPartitions: lanes, ...settings },
    { topic: deadLetterTopicOf(queue), numPartitions: 1, ...settings },
  ];
  const created = await admin.createTopics({ waitForLeaders: false, topics });
  if (!created) throw BrokerError.refused('kafka', `queue ${queue}`, 'it is there already');
  for (const { topic } of topics) await oncePossible(() => admin.fetchTopicOffsets(topic));
}

/** A place for the dead letters of a group that is not the one that counts. */
export async function createLetters(admin: Admin, topic: string): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1 }] });
  await oncePossible(() => admin.fetchTopicOffsets(topic));
}

export async function deleteTopics(admin: Admin, queue: string): Promise<void> {
  const topics = [queue, deadLetterTopicOf(queue)];
  const there = await admin.listTopics();
  await admin.deleteTopics({ topics: topics.filter((topic) => there.includes(topic)) });
  // There is no group yet where nobody has consumed.
  await admin.deleteGroups([groupOf(queue)]).catch(() => undefined);
}

/** Records before the group's position are never read again by it. */
export async function deleteCounted(admin: Admin, queue: string): Promise<void> {
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

export interface Position {
  readonly partition: number;
  readonly first: bigint;
  readonly committed: bigint;
  readonly end: bigint;
}

/** Where the log of each partition begins and ends, and up to where the group has counted. */
export async function positionsOf(
  admin: Admin,
  queue: string,
  groupId = groupOf(queue),
): Promise<Position[]> {
  const [topic] = await oncePossible(() => admin.fetchOffsets({ groupId, topics: [queue] }));
  const ranges = await topicRanges(admin, queue);
  return ranges.map(({ partition, from: first, to: end }) => {
    const found = topic?.partitions.find((candidate) => candidate.partition === partition);
    const committed = BigInt(found?.offset ?? -1);
    return { partition, first, committed: committed < first ? first : committed, end };
  });
}

/** The offsets of one partition's log, from its first record to behind its last. */
export interface Range {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** What each partition of a topic holds now. */
export async function topicRanges(admin: Admin, topic: string): Promise<Range[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.map(({ partition, low, high }) => {
    return { partition, from: BigInt(low), to: BigInt(high) };
  });
}

/** Kafka knows what is committed, not what is in a consumer's hands: both count as waiting. */
export async function backlogOf(admin: Admin, queue: string): Promise<Backlog> {
  const positions = await positionsOf(admin, queue);
  const waiting = positions.reduce((sum, { end, committed }) => sum + Number(end - committed), 0);
  const letters = await topicRanges(admin, deadLetterTopicOf(queue));
  const parked = letters.reduce((sum, { from, to }) => sum + Number(to - from), 0);
  return { waiting, unacknowledged: 0, parked };
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

/** Whether the server says that it deletes nothing of the topic by itself. */
export async function keepsLog(admin: Admin, queue: string): Promise<boolean> {
  const { name, value } = KEPT_FOR_EVER;
  const topic = { type: ConfigResourceTypes.TOPIC, name: queue, configNames: [name] };
  const answer = await admin.describeConfigs({ includeSynonyms: false, resources: [topic] });
  return answer.resources[0]?.configEntries[0]?.configValue === value;
}

export async function readSettings(admin: Admin, queue: string): Promise<Settings> {
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
