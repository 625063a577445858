/**
 * Wrong: acks=0. A send resolves when its bytes are with the operating system; what the server had
 * not read by its death, or could not write, was never there, and nobody hears of it. Lost.
 */
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import { encodeLike, type LikeProducer, SendError } from '../../../../likes/like.ts';
import { alteredBroker } from './altered-broker.ts';

/** `entry` is kafka; its producer does not wait for an acknowledgement. */
export function kafkaAcks0(entry: BrokerEntry): BrokerEntry {
  return alteredBroker(entry, (_, { address }) => ({
    openProducer: (queue) => openProducer(address, queue),
  }));
}

async function openProducer(address: string, topic: string): Promise<LikeProducer> {
  const kafka = new Kafka({ brokers: address.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return {
    async send(likes) {
      const messages = likes.map((like) => ({ key: like.post, value: encodeLike(like) }));
      try {
        await producer.send({ topic, acks: 0, messages });
      } catch (error) {
        throw new SendError(
          likes.map(() => 'unknown'),
          error,
        );
      }
    },
    [Symbol.asyncDispose]: () => producer.disconnect(),
  };
}
