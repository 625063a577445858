/**
 * Wrong: an idempotent kafkajs producer with several sends under way. When the answer to one of
 * them is lost, kafkajs takes its sequence number back and gives it to whichever send comes next.
 * The server has a batch of that number and of that size already, takes the other one for its
 * copy, and acknowledges it without writing it. Then the first is written again. Lost, and doubled.
 */
import { crc32 } from 'node:zlib';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import { encodeLike, type Like, type LikeProducer, SendError } from '../../../../likes/like.ts';
import { alteredBroker } from './altered-broker.ts';

/** Shorter than a cut of the replies, so that kafkajs tries again while they are lost. */
const ANSWER_TIMEOUT_MS = 1_000;
/** A send to Kafka carries one like, as many a user writes it: all batches have one size then. */
const HABITS = { likesPerSend: 50, sendsInFlight: 128 };
/** A request for every like is slow, and its trials are sized by this. */
const LIKES_PER_S_ROUGH = 1_000;
/** kafkajs sends one after the other per producer; a post always goes through the same one. */
const PRODUCERS = 4;

/** `entry` is kafka; its producer sends every like by itself, and all of a send at once. */
export function kafkajsConcurrentIdempotent(entry: BrokerEntry): BrokerEntry {
  const altered = alteredBroker(entry, (broker, { address }) => ({
    // Sends that are tried again in any order arrive in any order.
    promises: { ...broker.promises, order: 'none' },
    habits: HABITS,
    openProducer: (queue) => openProducer(address, queue),
  }));
  return { ...altered, likesPerSRough: LIKES_PER_S_ROUGH };
}

async function openProducer(address: string, topic: string): Promise<LikeProducer> {
  const kafka = new Kafka({
    brokers: address.split(','),
    logLevel: logLevel.NOTHING,
    requestTimeout: ANSWER_TIMEOUT_MS,
  });
  const producers = await Promise.all(Array.from({ length: PRODUCERS }, () => connect(kafka)));

  function sendOne(like: Like): Promise<unknown> {
    const producer = producers[crc32(like.post) % PRODUCERS]!;
    const messages = [{ key: like.post, value: encodeLike(like) }];
    return producer.send({ topic, acks: -1, messages });
  }

  return {
    async send(likes) {
      const answers = await Promise.allSettled(likes.map(sendOne));
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed === undefined) return;
      throw new SendError(
        answers.map(({ status }) => (status === 'fulfilled' ? 'ok' : 'unknown')),
        failed.reason,
      );
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(producers.map((producer) => producer.disconnect()));
    },
  };
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return producer;
}
