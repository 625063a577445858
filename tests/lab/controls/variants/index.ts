/** The variants by the names under which control-worker.ts adds them to the registry. */
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import { BROKERS } from '../../../../brokers/index.ts';
import { ackBeforeStore } from './ack-before-store.ts';
import { bullmqDefaults } from './bullmq-defaults.ts';
import { kafkaAcks0 } from './kafka-acks-0.ts';
import { kafkaDefaultFlush } from './kafka-default-flush.ts';
import { kafkajsConcurrentIdempotent } from './kafkajs-concurrent-idempotent.ts';
import { noMarks } from './no-marks.ts';
import { noXautoclaim } from './no-xautoclaim.ts';
import { sharedStreamOffsetGate } from './shared-stream-offset-gate.ts';
import { xreadgroupNoack } from './xreadgroup-noack.ts';

const {
  kafka,
  sqs,
  bullmq,
  'redis-streams': redisStreams,
} = BROKERS as Required<Record<string, BrokerEntry>>;

/**
 * `storeFolder`: where the consumers of this process count. Whoever opens no consumer needs none.
 * Three of them are the real broker as it is: what they lack is their server, which is started at
 * a weaker tier than the one they are judged by.
 */
export function variantsOf(storeFolder: () => Promise<string>) {
  return {
    'kafka-acks-0': kafkaAcks0(kafka!),
    'redis-no-aof': redisStreams!,
    'sqs-no-storage': sqs!,
    'redis-everysec': redisStreams!,
    'kafka-default-flush': kafkaDefaultFlush(kafka!),
    'ack-before-store': ackBeforeStore(redisStreams!),
    'no-marks': noMarks(redisStreams!, storeFolder),
    'xreadgroup-noack': xreadgroupNoack(redisStreams!),
    'no-xautoclaim': noXautoclaim(redisStreams!),
    'kafkajs-concurrent-idempotent': kafkajsConcurrentIdempotent(kafka!),
    'bullmq-defaults': bullmqDefaults(bullmq!),
    'shared-stream-offset-gate': sharedStreamOffsetGate(redisStreams!),
  } satisfies Record<string, BrokerEntry>;
}

export type VariantName = keyof ReturnType<typeof variantsOf>;
