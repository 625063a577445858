/**
 * The negative controls: brokers that are each wrong in one known way, judged as if they promised
 * what they lack. A control that does not fail by its finding is a fault of the lab.
 */
import type { Tier } from '../../../brokers/servers/server.ts';
import type { VariantName } from './variants/index.ts';

export interface Control {
  /** One line: what is wrong. */
  readonly name: string;
  /** Its name in the registry of control-worker.ts. */
  readonly broker: VariantName;
  /** The tier that the server is started at. */
  readonly serverTier: Tier;
  /** The tier that the connection claims, and that the broker is judged by. */
  readonly claimedTier: Tier;
  /** Of lab/faults/, or two-deaths.ts; each is enough by itself, the first is the surest. */
  readonly faults: readonly [string, ...string[]];
  /** Consumers of the trial, at least. */
  readonly consumers: number;
  /** A word of the reason that the verdict has to give. */
  readonly finding: 'lost' | 'double effects' | 'stuck' | 'wrongly parked';
}

export const CONTROLS: readonly Control[] = [
  {
    name: 'Kafka with acks=0',
    broker: 'kafka-acks-0',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['server-kill'],
    consumers: 2,
    finding: 'lost',
  },
  {
    name: 'Redis without an append-only file',
    broker: 'redis-no-aof',
    serverTier: 'memory',
    claimedTier: 'kill',
    faults: ['server-kill'],
    consumers: 2,
    finding: 'lost',
  },
  {
    name: 'ElasticMQ without storage',
    broker: 'sqs-no-storage',
    serverTier: 'memory',
    claimedTier: 'kill',
    faults: ['server-kill'],
    consumers: 2,
    finding: 'lost',
  },
  {
    name: 'Redis with appendfsync everysec, said to survive a power cut',
    broker: 'redis-everysec',
    serverTier: 'everysec',
    claimedTier: 'power',
    faults: ['power-cut'],
    consumers: 2,
    finding: 'lost',
  },
  {
    name: 'a Kafka topic without flush.messages, said to survive a power cut',
    broker: 'kafka-default-flush',
    serverTier: 'kill',
    claimedTier: 'power',
    faults: ['power-cut'],
    consumers: 2,
    finding: 'lost',
  },
  {
    name: 'acknowledged before it is stored',
    broker: 'ack-before-store',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['consumer-kill'],
    consumers: 2,
    finding: 'lost',
  },
  {
    name: 'a store that looks at no marks',
    broker: 'no-marks',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['zombie', 'store-steps'],
    consumers: 3,
    finding: 'double effects',
  },
  {
    name: 'XREADGROUP with NOACK',
    broker: 'xreadgroup-noack',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['consumer-kill', 'store-steps'],
    consumers: 2,
    finding: 'lost',
  },
  {
    name: 'no XAUTOCLAIM',
    broker: 'no-xautoclaim',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['consumer-kill', 'store-steps'],
    consumers: 2,
    finding: 'stuck',
  },
  {
    name: 'an idempotent kafkajs producer with several sends in flight',
    broker: 'kafkajs-concurrent-idempotent',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['network-replies'],
    consumers: 2,
    finding: 'lost',
  },
  {
    name: "BullMQ's defaults for attempts and stalled jobs",
    broker: 'bullmq-defaults',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['store-disk-full'],
    consumers: 2,
    finding: 'wrongly parked',
  },
  {
    name: "BullMQ's defaults, for jobs in the hands of two consumers that die",
    broker: 'bullmq-defaults',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['two-deaths'],
    consumers: 1,
    finding: 'wrongly parked',
  },
  {
    name: 'an offset gate on a stream that several consumers share',
    broker: 'shared-stream-offset-gate',
    serverTier: 'kill',
    claimedTier: 'kill',
    faults: ['consumer-kill'],
    consumers: 2,
    finding: 'lost',
  },
];
