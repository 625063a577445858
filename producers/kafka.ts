/**
 * Sends likes to a Kafka topic with kafkajs 2.2.
 *
 * Promise: when `send` resolves, every like is written once, in the order sent per post, on all
 * in-sync replicas. It survives the death of the broker process; a power cut of a single node only
 * with `flush.messages=1` on the topic, or with replicas. After an error the likes are `unknown`:
 * sending them again is safe only if the counting side counts each (source, seq) once.
 *
 * The settings it rests on:
 * - `acks: -1`: acknowledged by all in-sync replicas, not only received.
 * - `idempotent: true`: kafkajs' own retries neither double nor reorder within this producer's
 *   life.
 * - one send at a time: kafkajs gives a retried send and the next one the same sequence numbers
 *   when both are in flight; the broker then takes one for a copy of the other and drops it, with
 *   both acknowledged. Throughput comes from many likes in one send, not from many sends.
 * - `key: post`: one post, one partition, so its likes keep their order; a retry without a key
 *   would pick another partition, which idempotence cannot see.
 */
import { Kafka, type KafkaConfig, Partitioners, type Producer } from 'kafkajs';
import {
  encodeLike,
  type HeadersOf,
  type Like,
  type LikeProducer,
  SendError,
} from '../likes/like.ts';

export interface KafkaProducerOptions {
  /** Brokers, TLS and SASL, as kafkajs takes them. */
  readonly client: KafkaConfig;
  readonly topic: string;
}

/** How long the broker may take to write a send to all replicas before it answers with an error. */
const ACKNOWLEDGE_TIMEOUT_MS = 10_000;
/** An answer of any kind that is this late counts as lost, and kafkajs asks again; its default is
 * 30 s. Later than the broker's own error, which it would hide. */
export const ANSWER_TIMEOUT_MS = 12_000;
/** kafkajs' own tries per send; with its growing pauses they end after about 17 s where connections
 * are refused, and after about 90 s where the network swallows everything. */
const RETRIES_MAX = 5;
/** Errors by which the broker refuses all messages of a send; any other leaves them unknown. */
const REFUSALS = new Set(['TOPIC_AUTHORIZATION_FAILED', 'INVALID_TOPIC_EXCEPTION']);

/** Connects, or rejects when no broker answers. */
export async function openKafkaProducer(options: KafkaProducerOptions): Promise<LikeProducer> {
  const kafka = new Kafka({ requestTimeout: ANSWER_TIMEOUT_MS, ...options.client });
  let producer: Producer | undefined = await connect(kafka);

  async function sendNow(likes: readonly Like[], headersOf?: HeadersOf): Promise<void> {
    const messages = likes.map((like, index) => {
      const message = { key: like.post, value: encodeLike(like) };
      return headersOf ? { ...message, headers: { ...headersOf(index) } } : message;
    });
    try {
      producer ??= await connect(kafka);
      await producer.send({
        topic: options.topic,
        acks: -1,
        timeout: ACKNOWLEDGE_TIMEOUT_MS,
        messages,
      });
    } catch (error) {
      // A producer whose sequence numbers the broker has lost track of refuses every later send,
      // so the next send starts with a new one.
      await producer?.disconnect().catch(() => undefined);
      producer = undefined;
      const refused = REFUSALS.has((error as { type?: string }).type ?? '');
      throw new SendError(
        likes.map(() => (refused ? 'fail' : 'unknown')),
        error,
      );
    }
  }

  let last: Promise<void> = Promise.resolve();
  return {
    send(likes, headersOf) {
      const sent = last.then(() => sendNow(likes, headersOf));
      last = sent.catch(() => undefined);
      return sent;
    },
    async [Symbol.asyncDispose]() {
      await last;
      await producer?.disconnect();
    },
  };
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: RETRIES_MAX },
  });
  await producer.connect();
  return producer;
}
