/** A broker of the registry with one part replaced; everything else is the real one. */
import type { Broker, BrokerEntry, Connection } from '../../../../brokers/broker.ts';

/** `alter` names what is wrong; what it leaves out is as in `entry`. */
export function alteredBroker(
  entry: BrokerEntry,
  alter: (broker: Broker, connection: Connection) => Partial<Broker>,
): BrokerEntry {
  return {
    ...entry,
    async open(connection) {
      const broker = await entry.open(connection);
      return { ...broker, ...alter(broker, connection) };
    },
  };
}
