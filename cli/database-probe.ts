/** Asks PostgreSQL how many transactions it has committed, and who waits for a lock. */
import type { DatabaseProbe } from '../lab/path/database-probe.ts';

/** A server that does not answer a look in this time has other troubles. */
const QUERY_MS_MAX = 10_000;

/** Sends what this session has counted to the sums that all can see, at the end of its statement;
 * by itself a session does that once a second. */
const FLUSH = 'SELECT pg_stat_force_next_flush()';
const COMMITTED = `
  SELECT xact_commit AS committed FROM pg_stat_database WHERE datname = current_database()`;
/** How many sessions wait for the lock of another one. */
export const WAITING = `
  SELECT count(*) AS waiting FROM pg_stat_activity
  WHERE wait_event_type = 'Lock' AND datname = current_database()`;

export async function openDatabaseProbe(url: string): Promise<DatabaseProbe> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, query_timeout: QUERY_MS_MAX });
  // The next question tells of it.
  client.on('error', () => undefined);
  await client.connect();
  /** Each statement of ours is a transaction in the same database. */
  let own = 0;
  const ask = async (text: string): Promise<number> => {
    own++;
    const { rows } = await client.query<Record<string, string>>(text);
    return Number(Object.values(rows[0] ?? {})[0]);
  };
  return {
    async transactions() {
      await ask(FLUSH);
      const before = own;
      return (await ask(COMMITTED)) - before;
    },
    sessionsWaiting: () => ask(WAITING),
    [Symbol.asyncDispose]: () => client.end(),
  };
}
