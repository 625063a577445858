/** Sums over a PostgreSQL shard, and the look for what must never be in it. */
import { balanceProblems, movedOf } from './balance.ts';
import type { Totals } from './count-store.ts';
import { BLOCK_BYTES } from './marks.ts';
import type { PostgresSessions, Session } from './postgres-sessions.ts';
import { type SlotMap, shardsOfPost, slotMapFromDocument } from './slot-map.ts';

/** Findings of one kind that are spelled out; the rest are only counted. */
const EXAMPLES_MAX = 3;

/** Sums of the shard, all from one snapshot. */
export async function totalsIn(sessions: PostgresSessions, schema: string): Promise<Totals> {
  return await inSnapshot(sessions, (session) => readTotals(session, schema));
}

/** Findings in plain words, empty when the shard is sound. Damage is a finding, not an error. */
export async function problemsIn(
  sessions: PostgresSessions,
  schema: string,
  index: number,
): Promise<string[]> {
  const problems = await inSnapshot(sessions, async (session) => [
    ...balanceProblems(await readTotals(session, schema)),
    ...(await negativeCounts(session, schema)),
    ...(await brokenBlocks(session, schema)),
  ]);
  return [...problems, ...(await strangers(sessions, schema, index))];
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
  return spelledOut(
    rows.map(({ post, likes, unlikes }) => {
      const name = JSON.stringify(String(post));
      return `post ${name} has ${likes} likes and ${unlikes} unlikes: below 0`;
    }),
  );
}

async function brokenBlocks(session: Session, schema: string): Promise<string[]> {
  const rows = await session.ask(
    `SELECT source, block, length(bits) AS bytes, retired.source IS NOT NULL AS is_retired
     FROM (SELECT * FROM ${schema}.marks UNION ALL SELECT * FROM ${schema}.inherited) AS marked
     LEFT JOIN ${schema}.retired_sources AS retired USING (source)
     WHERE length(bits) NOT IN (0, ${BLOCK_BYTES}) OR (retired.source IS NOT NULL AND bits <> '')`,
  );
  return spelledOut(
    rows.map(({ source, block, bytes, is_retired }) => {
      const where = `block ${block} of source ${JSON.stringify(String(source))}`;
      if (is_retired) return `${where} has marks of a source that was retired`;
      return `${where} has ${bytes} bytes instead of ${BLOCK_BYTES}`;
    }),
  );
}

export async function strangers(
  sessions: PostgresSessions,
  schema: string,
  index: number,
): Promise<string[]> {
  const [row] = await sessions.ask(`SELECT slot_map, slot_map_version, mover FROM ${schema}.shard`);
  let map: SlotMap;
  try {
    map = slotMapFromDocument(JSON.parse(String(row!.slot_map)));
  } catch (error) {
    return [`its slot map is not one: ${(error as Error).message.replaceAll('\n', ' ')}`];
  }
  const problems: string[] = [];
  const version = row!.slot_map_version;
  if (map.version !== version) {
    problems.push(`its slot map has version ${map.version}, its transactions check ${version}`);
  }
  // A mover has brought counts that are not read yet, or has not dropped what it took away.
  if (row!.mover !== null) return problems;
  const found: string[] = [];
  for await (const { post } of sessions.snapshot(`SELECT post FROM ${schema}.counts`)) {
    const owners = shardsOfPost(map, String(post));
    if (owners.includes(index)) continue;
    found.push(`post ${JSON.stringify(String(post))} belongs to shard ${owners.join(', ')}`);
  }
  return [...problems, ...spelledOut(found)];
}

export function spelledOut(findings: string[]): string[] {
  const rest = findings.length - EXAMPLES_MAX;
  if (rest <= 0) return findings;
  return [...findings.slice(0, EXAMPLES_MAX), `${rest} more like the one before`];
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
