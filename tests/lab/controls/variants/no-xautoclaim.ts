/**
 * Wrong: nobody takes over what another left pending. A consumer that reads with `>` is never given
 * what a dead one had in its hands, so those likes stay pending for ever. Stuck.
 */
import { Redis } from 'ioredis';
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import { alteredBroker } from './altered-broker.ts';
import { whileAltered } from './altered-client.ts';

/** What Redis answers when nothing is pending: from where to go on, entries, deleted entries. */
const NOTHING_PENDING = ['0-0', [], []];

/** `entry` is redis-streams; its consumer believes that nothing is ever pending. */
export function noXautoclaim(entry: BrokerEntry): BrokerEntry {
  return alteredBroker(entry, (broker) => ({
    openConsumer: (queue, handleLikes) =>
      whileAltered(
        Redis.prototype,
        'xautoclaim',
        () => async () => NOTHING_PENDING,
        () => broker.openConsumer(queue, handleLikes),
      ),
  }));
}
