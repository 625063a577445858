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
    open: async (connection) => (await import('./kafka.ts')).openKafkaBroker(connection),
  },
  'redis-streams': {
    server: 'redis',
    tiers: ['kill', 'memory', 'everysec', 'power'],
    likesPerSRough: 100_000,
    summary: 'Redis Streams, ioredis: a stream a lane, each owned by one consumer through a lease',
    open: async (connection) =>
      (await import('./redis-streams.ts')).openRedisStreamsBroker(connection),
  },
  null: {
    server: 'null',
    tiers: ['memory'],
    likesPerSRough: 100_000,
    summary: 'a process that only passes the same bytes on: its rates are the ceiling of the lab',
    open: async (connection) => (await import('./null.ts')).openNullBroker(connection),
  },
};
