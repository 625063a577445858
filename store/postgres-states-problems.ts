/** Sums over a PostgreSQL shard under *states*, and the look for what must never be in it. */
import type { Totals } from './count-store.ts';
import { inSnapshot, negativeCounts, spelledOut, strangers } from './postgres-problems.ts';
import { parseSlotMap } from './postgres-schema.ts';
import type { PostgresSessions, Session } from './postgres-sessions.ts';
import { type SlotMap, shardOfLike } from './slot-map.ts';

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
): Promise<string[]> {
  const problems = await inSnapshot(sessions, async (session) => [
    ...(await wrongSums(session, schema)),
    ...(await negativeCounts(session, schema)),
    ...(await impossibleStates(session, schema)),
  ]);
  return [
    ...problems,
    ...(await strangers(sessions, schema, index)),
    ...(await strangeSlices(sessions, schema, index)),
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
  return spelledOut(
    rows.map(({ post, likes, unlikes, liked }) => {
      const counted = likes === null ? 'no count' : `${likes} likes and ${unlikes} unlikes`;
      const found = `${liked} users whose last action is a like`;
      return `post ${JSON.stringify(String(post))} has ${counted}, but ${found}`;
    }),
  );
}

async function impossibleStates(session: Session, schema: string): Promise<string[]> {
  const rows = await session.ask(
    `SELECT post, user_name, version, action FROM ${schema}.states
     WHERE version < 1 OR action NOT IN (0, 1)`,
  );
  return spelledOut(
    rows.map(({ post, user_name, version, action }) => {
      const [user, name] = [String(user_name), String(post)].map((text) => JSON.stringify(text));
      const who = `user ${user} of post ${name}`;
      return `${who} has action ${action} of version ${version}: no like has these`;
    }),
  );
}

/** Of posts that are split, each user's state stands in one slice only. */
async function strangeSlices(
  sessions: PostgresSessions,
  schema: string,
  index: number,
): Promise<string[]> {
  const [row] = await sessions.ask(`SELECT slot_map FROM ${schema}.shard`);
  let map: SlotMap;
  try {
    map = parseSlotMap(row!.slot_map, schema);
  } catch {
    return []; // strangers() has told.
  }
  const split = [...map.exceptions].filter(([, owners]) => owners.length > 1);
  const found: string[] = [];
  for (const [post] of split) {
    const text = `SELECT user_name FROM ${schema}.states WHERE post = $1`;
    for (const { user_name } of await sessions.ask({ text, values: [Buffer.from(post)] })) {
      const user = String(user_name);
      const owner = shardOfLike(map, { post, user });
      if (owner === index) continue;
      const who = `user ${JSON.stringify(user)} of post ${JSON.stringify(post)}`;
      found.push(`${who} belongs to the slice in shard ${owner}`);
    }
  }
  return spelledOut(found);
}
