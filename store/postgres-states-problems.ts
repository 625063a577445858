/** Sums over a PostgreSQL shard under *states*, and the look for what must never be in it. */
import type { Totals } from './count-store.ts';
import { spelledOut, strangeStateIn } from './findings.ts';
import { inSnapshot, lookAtOwners, negativeCounts } from './postgres-problems.ts';
import type { PostgresSessions, Session } from './postgres-sessions.ts';
import { type SlotMap, splitPosts } from './slot-map.ts';

/** Sums of the shard, all from one snapshot. */
export async function statesTotalsIn(sessions: PostgresSessions, schema: string): Promise<Totals> {
  return await inSnapshot(sessions, async (session) => {
    const [row] = await session.ask(
      `SELECT counted.*, (SELECT count(*) FROM ${schema}.states) AS states FROM
         (SELECT count(*) AS posts, coalesce(sum(likes), 0)::bigint AS likes,
                 coalesce(sum(unlikes), 0)::bigint AS unlikes FROM ${schema}.counts) AS counted`,
    );
    const { posts, likes, unlikes, states } = row as unknown as Required<Totals>;
    return { posts, likes, unlikes, marks: 0, marksDropped: 0, states };
  });
}

/** Findings in plain words, empty when the shard is sound. Damage is a finding, not an error. */
export async function statesProblemsIn(
  sessions: PostgresSessions,
  schema: string,
  index: number,
  spelledOutMax?: number,
): Promise<string[]> {
  const problems = await inSnapshot(sessions, async (session) => [
    ...spelledOut(await wrongSums(session, schema), spelledOutMax),
    ...spelledOut(await negativeCounts(session, schema), spelledOutMax),
    ...spelledOut(await impossibleStates(session, schema), spelledOutMax),
  ]);
  const owners = await lookAtOwners(sessions, schema, index);
  const strange = await strangeStates(sessions, schema, index, owners.map);
  return [
    ...problems,
    ...owners.problems,
    ...spelledOut(owners.strangers, spelledOutMax),
    ...spelledOut(strange, spelledOutMax),
  ];
}

/** Every count against the states of its post, also where one of the two is missing. */
async function wrongSums(session: Session, schema: string): Promise<string[]> {
  const rows = await session.ask(
    `SELECT post, likes, unlikes, coalesce(liked, 0) AS liked FROM ${schema}.counts
     FULL JOIN (SELECT post, count(*) FILTER (WHERE action = 1) AS liked
                FROM ${schema}.states GROUP BY post) AS found USING (post)
     WHERE likes IS DISTINCT FROM liked OR unlikes IS DISTINCT FROM 0`,
  );
  return rows.map(({ post, likes, unlikes, liked }) => {
    const counted = likes === null ? 'no count' : `${likes} likes and ${unlikes} unlikes`;
    const found = `${liked} users whose last action is a like`;
    return `post ${JSON.stringify(String(post))} has ${counted}, but ${found}`;
  });
}

async function impossibleStates(session: Session, schema: string): Promise<string[]> {
  const rows = await session.ask(
    `SELECT post, user_name, version, action FROM ${schema}.states
     WHERE version < 1 OR action NOT IN (0, 1)`,
  );
  return rows.map(({ post, user_name, version, action }) => {
    const [user, name] = [String(user_name), String(post)].map((text) => JSON.stringify(text));
    const who = `user ${user} of post ${name}`;
    return `${who} has action ${action} of version ${version}: no like has these`;
  });
}

async function strangeStates(
  sessions: PostgresSessions,
  schema: string,
  index: number,
  map: SlotMap | undefined,
): Promise<string[]> {
  if (map === undefined) return [];
  const found: string[] = [];
  for (const post of splitPosts(map)) {
    const text = `SELECT user_name FROM ${schema}.states WHERE post = $1`;
    for (const { user_name } of await sessions.ask({ text, values: [Buffer.from(post)] })) {
      const strange = strangeStateIn(map, index, { post, user: String(user_name) });
      if (strange !== undefined) found.push(strange);
    }
  }
  return found;
}
