/**
 * Writes each like straight into PostgreSQL, in a transaction of its own: what one builds before
 * one has a queue, and what the queue is compared with.
 *
 * Promise: when `send` resolves, each like is committed. By *tally* it is `+1` on the row of its
 * post and nothing else, so a like that is sent again counts again. By *states* the same statement
 * also keeps the last action of the user on the post: a repeat changes nothing, and the count is
 * that of users who like the post now.
 */
import type { Pool, PoolConfig } from 'pg';
import { type Like, type LikeProducer, SendError, type SendOutcome } from '../likes/like.ts';
import type { CountingRule, PostCount } from '../store/count-store.ts';

/** Any number that no other program takes: who makes the tables holds it meanwhile. */
const TABLES_LOCK = 7_151_969;

const TABLES = `
  CREATE TABLE IF NOT EXISTS direct_counts (
    post text PRIMARY KEY, likes bigint NOT NULL, unlikes bigint NOT NULL
  ) WITH (fillfactor = 70);
  CREATE TABLE IF NOT EXISTS direct_states (
    user_name text NOT NULL, post text NOT NULL, version bigint NOT NULL,
    action text NOT NULL, action_before text, PRIMARY KEY (user_name, post)
  );
`;

const TALLY = `
  INSERT INTO direct_counts AS counted (post, likes, unlikes)
  VALUES ($1, ($2 = 'like')::int, ($2 = 'unlike')::int)
  ON CONFLICT (post) DO UPDATE
  SET likes = counted.likes + excluded.likes, unlikes = counted.unlikes + excluded.unlikes
`;

/** One statement is one transaction and one round trip. A first action `unlike` changes nothing. */
const STATES = `
  WITH moved AS (
    INSERT INTO direct_states AS known (user_name, post, version, action)
    VALUES ($3, $1, $4, $2)
    ON CONFLICT (user_name, post) DO UPDATE
    SET version = excluded.version, action = excluded.action, action_before = known.action
    WHERE known.version < excluded.version
    RETURNING action, coalesce(action_before, 'unlike') AS before
  )
  INSERT INTO direct_counts AS counted (post, likes, unlikes)
  SELECT $1, (action = 'like')::int, (action = 'unlike')::int FROM moved WHERE action <> before
  ON CONFLICT (post) DO UPDATE
  SET likes = counted.likes + excluded.likes, unlikes = counted.unlikes + excluded.unlikes
`;

export interface DirectDatabaseOptions {
  readonly client: PoolConfig;
  /** Transactions at the same time, at most; whoever sends keeps to it. */
  readonly connections: number;
  /** A statement that takes longer is cancelled by the server, which rolls it back. */
  readonly statementMsMax: number;
}

/** So that counts can be read while all others write. */
const READ_CONNECTIONS = 2;
const CONNECT_MS_MAX = 2_000;
/** The server's own limit comes first, so that its word decides what became of the like. */
const LOST_ANSWER_MS = 2_000;

export interface DirectDatabase extends AsyncDisposable {
  writer(rule: CountingRule): LikeProducer;
  countOf(post: string): Promise<PostCount>;
  topPosts(limit: number): Promise<PostCount[]>;
}

/** Connects, and makes the two tables where they are not there yet. */
export async function openDirectDatabase(options: DirectDatabaseOptions): Promise<DirectDatabase> {
  const { default: pg } = await import('pg');
  const pool: Pool = new pg.Pool({
    ...options.client,
    max: options.connections + READ_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    statement_timeout: options.statementMsMax,
    query_timeout: options.statementMsMax + LOST_ANSWER_MS,
  });
  // A connection that breaks while nobody uses it: the next statement opens another.
  pool.on('error', () => undefined);
  // One that breaks while a transaction has it tells that itself, and would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await pool.query(`BEGIN; SELECT pg_advisory_xact_lock(${TABLES_LOCK}); ${TABLES} COMMIT;`);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const read = async (text: string, values: unknown[]) => {
    const { rows } = await pool.query<{ post: string; likes: string; unlikes: string }>(
      text,
      values,
    );
    return rows.map(({ post, likes, unlikes }) => {
      return { post, likes: Number(likes), unlikes: Number(unlikes) };
    });
  };
  return {
    writer: (rule) => writerOf(pool, rule),
    async countOf(post) {
      const found = await read('SELECT * FROM direct_counts WHERE post = $1', [post]);
      return found[0] ?? { post, likes: 0, unlikes: 0 };
    },
    topPosts: (limit) =>
      read('SELECT * FROM direct_counts ORDER BY likes - unlikes DESC, post LIMIT $1', [limit]),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

function writerOf(pool: Pool, rule: CountingRule): LikeProducer {
  const name = `direct-${rule}`;
  const text = rule === 'states' ? STATES : TALLY;
  const write = async ({ post, action, user, version }: Like) => {
    const values = rule === 'states' ? [post, action, user, version] : [post, action];
    const client = await pool.connect().catch((cause: unknown) => {
      throw new NeverAskedError('no connection to the database', { cause });
    });
    let error: Error | undefined;
    try {
      await client.query({ name, text, values });
    } catch (cause) {
      error = cause as Error;
      throw cause;
    } finally {
      // Of a connection on which something else than a statement went wrong nothing is known.
      client.release(error !== undefined && outcomeOf(error) === 'unknown' ? error : undefined);
    }
  };
  return {
    async send(likes) {
      const settled = await Promise.allSettled(likes.map(write));
      const errors = settled.map((one) => (one.status === 'rejected' ? one.reason : undefined));
      if (errors.every((error) => error === undefined)) return;
      const outcomes = errors.map((error) => (error === undefined ? 'ok' : outcomeOf(error)));
      throw new SendError(
        outcomes,
        errors.find((error) => error !== undefined),
      );
    },
    // The database is its opener's.
    async [Symbol.asyncDispose]() {},
  };
}

class NeverAskedError extends Error {}

/**
 * An error that the server answers with has rolled the statement back. But for those of a server
 * that is going down (57P), which may come after the commit, and anything without a code of five.
 */
function outcomeOf(error: unknown): SendOutcome {
  if (error instanceof NeverAskedError) return 'fail';
  const { code } = error as { code?: unknown };
  const isAnswer = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
  return isAnswer && !code.startsWith('57P') && !code.startsWith('08') ? 'fail' : 'unknown';
}
