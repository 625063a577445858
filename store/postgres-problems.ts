/** Sums over a PostgreSQL shard, and the look for what must never be in it. */
import { balanceProblems, movedOf } from './balance.ts';
import type { Totals } from './count-store.ts';
import { spelledOut, strangerIn } from './findings.ts';
import { BLOCK_BYTES } from './marks.ts';
import type { PostgresSessions, Session } from './postgres-sessions.ts';
import { type SlotMap, slotMapFromDocument } from './slot-map.ts';

/** Sums of the shard, all from one snapshot. */
export async function totalsIn(sessions: PostgresSessions, schema: string): Promise<Totals> {
  return await inSnapshot(sessions, (session) => readTotals(session, schema));
}

/** Findings in plain words, empty when the shard is sound. Damage is a finding, not an error. */
export async function problemsIn(
  sessions: PostgresSessions,
  schema: string,
  index: number,
  spelledOutMax?: number,
): Promise<string[]> {
  const problems = await inSnapshot(sessions, async (session) => [
    ...balanceProblems(await readTotals(session, schema)),
    ...spelledOut(await negativeCounts(session, schema), spelledOutMax),
    ...spelledOut(await brokenBlocks(session, schema), spelledOutMax),
  ]);
  const owners = await lookAtOwners(sessions, schema, index);
  return [...problems, ...owners.problems, ...spelledOut(owners.strangers, spelledOutMax)];
}

async function readTotals(session: Session, schema: string): Promise<Totals> {
  const [row] = await session.ask(
    `SELECT counted.*, marked.*, marks_dropped AS "marksDropped", moved_likes AS "movedLikes",
       moved_unlikes AS "movedUnlikes", moved_marks AS "movedMarks" FROM
       (SELECT count(*) AS posts, coalesce(sum(likes), 0)::bigint AS likes,
               coalesce(sum(unlikes), 0)::bigint AS unlikes FROM ${schema}.counts) AS counted,
       (SELECT coalesce(sum(bit_count(bits)), 0)::bigint AS marks FROM ${schema}.marks) AS marked,
       ${schema}.shard`,
  );
  const { posts, likes, unlikes, marks, marksDropped } = row as unknown as Totals;
  const sum = (key: string) => row![key] as number;
  const moved = {
    likes: sum('movedLikes'),
    unlikes: sum('movedUnlikes'),
    marks: sum('movedMarks'),
  };
  return { posts, likes, unlikes, marks, marksDropped, ...movedOf(moved) };
}

export async function negativeCounts(session: Session, schema: string): Promise<string[]> {
  const rows = await session.ask(
    `SELECT post, likes, unlikes FROM ${schema}.counts WHERE likes < 0 OR unlikes < 0`,
  );
  return rows.map(({ post, likes, unlikes }) => {
    const name = JSON.stringify(String(post));
    return `post ${name} has ${likes} likes and ${unlikes} unlikes: below 0`;
  });
}

async function brokenBlocks(session: Session, schema: string): Promise<string[]> {
  const rows = await session.ask(
    `SELECT source, block, length(bits) AS bytes, retired.source IS NOT NULL AS is_retired
     FROM (SELECT * FROM ${schema}.marks UNION ALL SELECT * FROM ${schema}.inherited) AS marked
     LEFT JOIN ${schema}.retired_sources AS retired USING (source)
     WHERE length(bits) NOT IN (0, ${BLOCK_BYTES}) OR (retired.source IS NOT NULL AND bits <> '')`,
  );
  return rows.map(({ source, block, bytes, is_retired }) => {
    const where = `block ${block} of source ${JSON.stringify(String(source))}`;
    if (is_retired) return `${where} has marks of a source that was retired`;
    return `${where} has ${bytes} bytes instead of ${BLOCK_BYTES}`;
  });
}

/** Whether its slot map is one, and which posts are not its by that. */
export async function lookAtOwners(sessions: PostgresSessions, schema: string, index: number) {
  const problems: string[] = [];
  const strangers: string[] = [];
  const [row] = await sessions.ask(`SELECT slot_map, slot_map_version, mover FROM ${schema}.shard`);
  let map: SlotMap;
  try {
    map = slotMapFromDocument(JSON.parse(String(row!.slot_map)));
  } catch (error) {
    problems.push(`its slot map is not one: ${(error as Error).message.replaceAll('\n', ' ')}`);
    return { problems, strangers, map: undefined };
  }
  const version = row!.slot_map_version;
  if (map.version !== version) {
    problems.push(`its slot map has version ${map.version}, its transactions check ${version}`);
  }
  // A mover has brought counts that are not read yet, or has not dropped what it took away.
  if (row!.mover !== null) return { problems, strangers, map };
  for await (const { post } of sessions.snapshot(`SELECT post FROM ${schema}.counts`)) {
    const stranger = strangerIn(map, index, String(post));
    if (stranger !== undefined) strangers.push(stranger);
  }
  return { problems, strangers, map };
}

export async function inSnapshot<Result>(
  sessions: PostgresSessions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  return await sessions.use(async (session) => {
    await session.ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await work(session);
    await session.ask('COMMIT');
    return result;
  });
}
