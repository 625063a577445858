/**
 * The registry: what there is to compare. One line a broker; its client loads when it is opened.
 */
import type { BrokerEntry } from './broker.ts';

export const BROKERS: Readonly<Record<string, BrokerEntry>> = {
  kafka: {
    server: 'kafka',
    tiers: ['kill', 'power'],
    likesPerSRough: 100_000,
    summary: 'Kafka 4.3, one KRaft node, kafkajs: a partition a lane, acks=all, idempotent',
    consumerFunction: 'openKafkaConsumer',
    open: async (connection, own) => (await import('./kafka.ts')).openKafkaBroker(connection, own),
  },
  sqs: {
    server: 'elasticmq',
    tiers: ['kill', 'memory'],
    likesPerSRough: 1_500,
    summary: 'ElasticMQ 1.7 for SQS, AWS SDK and sqs-consumer: a standard queue, in no order',
    consumerFunction: 'openSqsConsumer',
    readsOnceBecause:
      'DeleteMessage is how a message is acknowledged, and nobody receives it again',
    open: async (connection, own) => (await import('./sqs.ts')).openSqsBroker(connection, own),
  },
  'sqs-fifo': {
    server: 'elasticmq',
    tiers: ['kill', 'memory'],
    likesPerSRough: 1_500,
    summary: 'ElasticMQ 1.7 for SQS, AWS SDK and sqs-consumer: a FIFO queue, a group a post',
    consumerFunction: 'openSqsConsumer',
    readsOnceBecause:
      'DeleteMessage is how a message is acknowledged, and nobody receives it again',
    open: async (connection, own) => (await import('./sqs.ts')).openSqsFifoBroker(connection, own),
  },
  'redis-streams': {
    server: 'redis',
    tiers: ['kill', 'memory', 'everysec', 'power'],
    likesPerSRough: 100_000,
    summary: 'Redis Streams, ioredis: a stream a lane, each owned by one consumer through a lease',
    consumerFunction: 'openRedisStreamsConsumer',
    open: async (connection, own) =>
      (await import('./redis-streams.ts')).openRedisStreamsBroker(connection, own),
  },
  bullmq: {
    server: 'redis',
    tiers: ['kill', 'memory', 'everysec', 'power'],
    likesPerSRough: 10_000,
    summary: 'BullMQ 6 on Redis, ioredis: a job a like, many side by side, retried without a bound',
    consumerFunction: 'openBullmqConsumer',
    readsOnceBecause: 'a job that is completed is removed, and no worker gets it again',
    open: async (connection, own) =>
      (await import('./bullmq.ts')).openBullmqBroker(connection, own),
  },
  null: {
    server: 'null',
    tiers: ['memory'],
    likesPerSRough: 100_000,
    summary: 'a process that only passes the same bytes on: its rates are the ceiling of the lab',
    consumerFunction: 'openNullConsumer',
    readsOnceBecause: 'its queue only passes bytes on',
    open: async (connection, own) => (await import('./null.ts')).openNullBroker(connection, own),
  },
};
