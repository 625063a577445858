/** How a batch becomes states in a shard: in one transaction of two round trips. */
import type { Like } from '../likes/like.ts';
import type { ShardCommit, UserState } from './count-store.ts';
import { SlotMapChangedError } from './errors.ts';
import type { PostgresSessions, Session, Statement } from './postgres-sessions.ts';
import { applyStates, type StateBatch, type StateReader, type StoredState } from './state-batch.ts';

/** What stands for a state that no like of the batch took the place of. */
const NEVER_OVERTAKEN: StoredState = { version: Number.POSITIVE_INFINITY, action: 'like' };

/**
 * The newest press of each user and post is written at once, where it is newer than what is stored,
 * and the server answers what it took the place of; whatever it does not answer was overtaken.
 * States and then counts are written in the order of their keys, so that no two transactions wait
 * for each other; a row that another one holds is read again when that has ended. A commit whose
 * answer was lost is settled by the versions: what is stored is not newer than itself.
 */
export class PostgresStatesCounting {
  readonly #index: number;
  readonly #sessions: PostgresSessions;
  readonly #statements: ReturnType<typeof statementsOf>;

  constructor(index: number, sessions: PostgresSessions, schema: string) {
    this.#index = index;
    this.#sessions = sessions;
    this.#statements = statementsOf(schema);
  }

  /** As Shard.apply. */
  async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    const newest = inKeyOrder(applyStates(likes, places, { state: () => undefined }).states);
    return await this.#sessions.use(async (session) => {
      const [, held, written] = await Promise.all([
        session.ask('BEGIN'),
        session.ask(this.#statements.hold),
        session.ask({ ...this.#statements.write, values: columnsOf(newest) }),
      ]);
      const found = held[0]!.slot_map_version as number;
      if (found !== slotMapVersion) {
        throw new SlotMapChangedError(this.#index, found, slotMapVersion);
      }
      const batch = applyStates(likes, places, new Before(written));
      await this.#addCounts(session, batch);
      return { fresh: batch.fresh, seen: batch.seen, ended: batch.ended };
    });
  }

  async actionOf(user: string, post: string): Promise<Like['action'] | undefined> {
    const values = [Buffer.from(post), Buffer.from(user)];
    const [row] = await this.#sessions.ask({ ...this.#statements.read, values });
    return row && actionIn(row.action);
  }

  async #addCounts(session: Session, { posts }: StateBatch): Promise<void> {
    const rows = posts.map(({ post, likes }) => ({ key: Buffer.from(post), likes }));
    rows.sort((one, other) => Buffer.compare(one.key, other.key));
    const values = [rows.map(({ key }) => key), rows.map(({ likes }) => likes)];
    const added = rows.length > 0 ? [session.ask({ ...this.#statements.addCounts, values })] : [];
    // Also with nothing to write: what others have stored is on the disk before this one is.
    await Promise.all([...added, session.commit()]);
  }
}

/** What the states that were written took the place of. */
class Before implements StateReader {
  readonly #states = new Map<string, StoredState>();

  constructor(written: readonly Record<string, unknown>[]) {
    for (const { post, user_name, version_before, action_before } of written) {
      const state = { version: version_before as number, action: actionIn(action_before) };
      this.#states.set(nameOf(String(post), String(user_name)), state);
    }
  }

  state(post: string, user: string): StoredState | undefined {
    const before = this.#states.get(nameOf(post, user)) ?? NEVER_OVERTAKEN;
    return before.version === 0 ? undefined : before;
  }
}

function nameOf(post: string, user: string): string {
  return `${post.length} ${post}${user}`;
}

function actionIn(stored: unknown): Like['action'] {
  return stored === 1 ? 'like' : 'unlike';
}

interface KeyedState extends UserState {
  readonly postKey: Buffer;
  readonly userKey: Buffer;
}

function inKeyOrder(states: readonly UserState[]): KeyedState[] {
  const keyed = states.map((state) => {
    return { ...state, postKey: Buffer.from(state.post), userKey: Buffer.from(state.user) };
  });
  return keyed.sort((one, other) => {
    return Buffer.compare(one.postKey, other.postKey) || Buffer.compare(one.userKey, other.userKey);
  });
}

function columnsOf(states: readonly KeyedState[]): unknown[] {
  return [
    states.map(({ postKey }) => postKey),
    states.map(({ userKey }) => userKey),
    states.map(({ version }) => version),
    states.map(({ action }) => (action === 'like' ? 1 : 0)),
  ];
}

/** `schema` is quoted. */
function statementsOf(schema: string) {
  return {
    /** Whoever changes the slot map waits for this, and is waited for. */
    hold: {
      name: 'hold-states',
      text: `SELECT slot_map_version FROM ${schema}.shard FOR SHARE`,
    },
    write: {
      name: 'write-states',
      text: `INSERT INTO ${schema}.states AS held
               (post, user_name, version, action, version_before, action_before)
             SELECT post, user_name, version, action, 0, 0
             FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::smallint[])
               AS fresh (post, user_name, version, action)
             ON CONFLICT (post, user_name) DO UPDATE SET
               version = excluded.version, action = excluded.action,
               version_before = held.version, action_before = held.action
             WHERE excluded.version > held.version
             RETURNING post, user_name, version_before, action_before`,
    },
    addCounts: {
      name: 'add-likes',
      text: `INSERT INTO ${schema}.counts AS held (post, likes, unlikes)
             SELECT post, likes, 0 FROM unnest($1::bytea[], $2::bigint[]) AS fresh (post, likes)
             ON CONFLICT (post) DO UPDATE SET likes = held.likes + excluded.likes`,
    },
    read: {
      name: 'read-state',
      text: `SELECT action FROM ${schema}.states WHERE post = $1 AND user_name = $2`,
    },
  } satisfies Record<string, Statement>;
}
