/** A shard under the rule *states* in a schema of a PostgreSQL database. */
import type { Like } from '../likes/like.ts';
import type { MarkBlock, PostCount, ShardCommit, Totals, UserState } from './count-store.ts';
import type { PostgresBucket } from './postgres-bucket.ts';
import type { PostgresSessions } from './postgres-sessions.ts';
import { countIn, PostgresShard } from './postgres-shard.ts';
import { PostgresStatesCounting } from './postgres-states-counting.ts';
import { statesProblemsIn, statesTotalsIn } from './postgres-states-problems.ts';

/** All that has nothing to do with the rule is as under *tally*; its marks stay empty. */
export class PostgresStatesShard extends PostgresShard {
  readonly #sessions: PostgresSessions;
  readonly #schema: string;
  readonly #counting: PostgresStatesCounting;
  readonly #bucket: PostgresBucket | undefined;

  /** Owns the sessions. `schema` is quoted, and was made by createShard under this rule. */
  constructor(
    index: number,
    sessions: PostgresSessions,
    schema: string,
    bucket?: PostgresBucket | undefined,
  ) {
    super(index, sessions, schema, bucket);
    this.#sessions = sessions;
    this.#schema = schema;
    this.#bucket = bucket;
    this.#counting = new PostgresStatesCounting(index, sessions, schema);
  }

  override async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    await this.#bucket?.untilAdmitted();
    return await this.#counting.apply(likes, places, slotMapVersion);
  }

  async actionOf(user: string, post: string): Promise<Like['action'] | undefined> {
    return await this.#counting.actionOf(user, post);
  }

  override async retireSource(): Promise<number> {
    return 0;
  }

  /** A post that nobody likes any more is no top post, however many pressed. */
  override async topPosts(limit: number): Promise<PostCount[]> {
    const text =
      `SELECT post, likes, unlikes FROM ${this.#schema}.counts WHERE likes > 0 ` +
      'ORDER BY likes DESC, post LIMIT $1';
    return (await this.#sessions.ask({ text, values: [limit] })).map(countIn);
  }

  override async *marks(): AsyncIterable<MarkBlock> {}

  async *states(): AsyncIterable<UserState> {
    const query = `SELECT post, user_name, version, action FROM ${this.#schema}.states`;
    for await (const { post, user_name, version, action } of this.#sessions.snapshot(query)) {
      yield {
        post: String(post),
        user: String(user_name),
        version: version as number,
        action: action === 1 ? 'like' : 'unlike',
      };
    }
  }

  override async totals(): Promise<Totals> {
    return await statesTotalsIn(this.#sessions, this.#schema);
  }

  override async findProblems(spelledOutMax?: number): Promise<string[]> {
    return await statesProblemsIn(this.#sessions, this.#schema, this.index, spelledOutMax);
  }
}
