/**
 * Wrong: XREADGROUP with NOACK. Redis then takes an entry for acknowledged when it has handed it
 * out, so what a consumer had in its hands when it died is given to nobody else. Lost.
 */
import { Redis } from 'ioredis';
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import { alteredBroker } from './altered-broker.ts';
import { whileAltered } from './altered-client.ts';

/** `entry` is redis-streams; its consumer asks with one word more. */
export function xreadgroupNoack(entry: BrokerEntry): BrokerEntry {
  return alteredBroker(entry, (broker) => ({
    openConsumer: (queue, handleLikes) =>
      whileAltered(
        Redis.prototype,
        'xreadgroup',
        (xreadgroup) =>
          function withNoack(...words) {
            return xreadgroup.apply(this, words.toSpliced(words.indexOf('STREAMS'), 0, 'NOACK'));
          },
        () => broker.openConsumer(queue, handleLikes),
      ),
  }));
}
