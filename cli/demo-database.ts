/** PostgreSQL as the demo looks at it, for the counts of both ways. */
import { Pool } from 'pg';
import type { DemoDatabase } from '../demo/database.ts';
import type { Way } from '../demo/messages.ts';
import { userOf } from '../demo/press-ledger.ts';
import type { CountStore } from '../store/count-store.ts';
import { WAITING } from './database-probe.ts';

/** One to count with, one for who waits, one for who is stored. */
const CONNECTIONS = 3;
const CONNECT_MS_MAX = 2_000;
const ANSWER_MS_MAX = 10_000;

const UNDEFINED_TABLE = '42P01';

export interface LookOptions {
  readonly url: string;
  readonly way: Way;
  /** Of the queued way, for reading. */
  readonly store: CountStore | undefined;
}

/** The store is the caller's; what is opened here ends with the database. */
export function lookAtDatabase({ url, way, store }: LookOptions): DemoDatabase {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
  });
  pool.on('error', () => undefined);
  const lockWaits = async () => Number((await pool.query(WAITING)).rows[0].waiting);
  const stores = way === 'direct' ? directTables(pool) : storedLikes(store!);
  return { ...stores, lockWaits, [Symbol.asyncDispose]: () => pool.end() };
}

/** The gateway makes the tables; until it has, nothing is counted. */
function directTables(pool: Pool): Pick<DemoDatabase, 'countOf' | 'usersOf'> {
  const ask = async (text: string, post: string) => {
    try {
      return (await pool.query<Record<string, string>>(text, [post])).rows;
    } catch (error) {
      if ((error as { code?: unknown }).code === UNDEFINED_TABLE) return [];
      throw error;
    }
  };
  return {
    async countOf(post) {
      const text = 'SELECT likes - unlikes AS count FROM direct_counts WHERE post = $1';
      return Number((await ask(text, post))[0]?.count ?? 0);
    },
    async usersOf(post) {
      const text = "SELECT user_name FROM direct_states WHERE post = $1 AND action = 'like'";
      return (await ask(text, post)).map(({ user_name }) => userOf(user_name!));
    },
  };
}

function storedLikes(store: CountStore): Pick<DemoDatabase, 'countOf' | 'usersOf'> {
  return {
    async countOf(post) {
      const { likes, unlikes } = await store.countOf(post);
      return likes - unlikes;
    },
    async usersOf(wanted) {
      const users: number[] = [];
      for (const shard of store.shards) {
        for await (const { post, user, action } of shard.states!()) {
          if (post === wanted && action === 'like') users.push(userOf(user));
        }
      }
      return users;
    },
  };
}
