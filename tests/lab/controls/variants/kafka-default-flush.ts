/**
 * Wrong: a topic as Kafka makes it by default, without `flush.messages`, said to survive a power
 * cut. Its likes are acknowledged when the kernel has them; a power cut takes all since the last
 * fsync, which Kafka leaves to the kernel. Lost.
 */
import type { BrokerEntry } from '../../../../brokers/broker.ts';

/** `entry` is kafka; whatever tier is asked for and promised, topics are made for tier `kill`. */
export function kafkaDefaultFlush(entry: BrokerEntry): BrokerEntry {
  return {
    ...entry,
    async open(connection) {
      const broker = await entry.open({ ...connection, tier: 'kill' });
      return { ...broker, tier: connection.tier };
    },
  };
}
