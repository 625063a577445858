/**
 * Wrong: a store that raises its counts for whatever it is given, without asking whether it has
 * counted that like before. At least once delivers again after faults, and then it counts again.
 * Double effects.
 */
import { DatabaseSync } from 'node:sqlite';
import type { BrokerEntry } from '../../../../brokers/broker.ts';
import type { Like } from '../../../../likes/like.ts';
import type { ShardCommit } from '../../../../store/count-store.ts';
import { shardPath } from '../../../../store/open-store.ts';
import { SqliteShard } from '../../../../store/sqlite-shard.ts';
import { alteredBroker } from './altered-broker.ts';
import { whileAltered } from './altered-client.ts';

/** How long a count waits for the write lock that another consumer holds. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Any broker; the store of the process is altered while one of its consumers is open. `storeFolder`
 * tells where that store is. The marks are set as ever: by them the checker sees what was doubled.
 */
export function noMarks(entry: BrokerEntry, storeFolder: () => Promise<string>): BrokerEntry {
  return alteredBroker(entry, (broker) => ({
    async openConsumer(queue, handleLikes) {
      const folder = await storeFolder();
      return whileAltered(
        SqliteShard.prototype,
        'apply',
        (apply) =>
          function countAll(this: SqliteShard, likes: readonly Like[], ...rest: unknown[]) {
            const commit: ShardCommit = apply.call(this, likes, ...rest);
            const again = commit.seen.map((place) => likes[place]!);
            if (again.length > 0) raiseCounts(shardPath(folder, this.index), again);
            return commit;
          },
        () => broker.openConsumer(queue, handleLikes),
      );
    },
  }));
}

function raiseCounts(path: string, likes: readonly Like[]): void {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('BEGIN IMMEDIATE');
    const raise = {
      like: database.prepare('UPDATE counts SET likes = likes + 1 WHERE post = ?'),
      unlike: database.prepare('UPDATE counts SET unlikes = unlikes + 1 WHERE post = ?'),
    };
    for (const { action, post } of likes) raise[action].run(post);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}
