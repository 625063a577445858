/** What a PostgreSQL shard writes when posts arrive, in a transaction that nobody else is in. */
import pg from 'pg';
import type { MarkBlock, MovedSums, PostCount } from '../count-store.ts';
import { emptyBlock, marksBeyond, unitedMarks } from '../marks.ts';
import type { Session } from '../postgres-sessions.ts';
import { retireIn } from '../postgres-shard.ts';
import { statementsOf } from '../postgres-statements.ts';
import { type SlotMap, slotMapToDocument } from '../slot-map.ts';
import type { Arrival, NamedArrival, Progress } from './moving-shard.ts';

export type Row = Record<string, unknown>;

/** A transaction in a shard's schema. */
export interface Work {
  readonly session: Pick<Session, 'ask'>;
  readonly schema: string;
  /** Statements without parameters that go with the commit, in one message. */
  readonly last: string[];
}

export function countIn({ post, likes, unlikes }: Row): PostCount {
  return { post: String(post), likes: likes as number, unlikes: unlikes as number };
}

export function blockIn({ source, block, bits }: Row): MarkBlock {
  return { source: String(source), block: block as number, bits: bits as Uint8Array };
}

/** All at once, since each question is a way to the server and back, while likes may wait. */
export async function takeIn(work: Work, arrivals: readonly Arrival[]): Promise<void> {
  for (const source of new Set(arrivals.flatMap(({ endedSources }) => endedSources))) {
    await retireIn(work.session, statementsOf(work.schema), source);
  }
  await putMarks(work, arrivals);
  const before = await putCounts(
    work,
    arrivals.flatMap(({ counts }) => counts),
  );
  for (const { giver, counts, progress } of arrivals) {
    const sums = { likes: 0, unlikes: 0, marks: 0 };
    for (const { post, likes, unlikes } of counts) {
      sums.likes += likes - (before.get(post)?.likes ?? 0);
      sums.unlikes += unlikes - (before.get(post)?.unlikes ?? 0);
    }
    addMoved(work, sums);
    noteArrival(work, giver, progress, sums);
  }
}

async function putMarks(work: Work, arrivals: readonly Arrival[]): Promise<void> {
  const united = new Map<string, MarkBlock>();
  for (const { marks } of arrivals) {
    for (const block of marks) {
      const key = `${block.block} ${block.source}`;
      united.set(key, { ...block, bits: unitedMarks(block.bits, united.get(key)?.bits) });
    }
  }
  if (united.size === 0) return;
  const marks = [...united.values()];
  const ended = await endedOf(
    work,
    marks.map(({ source }) => source),
  );
  const open = marks.filter(({ source }) => !ended.has(source));
  const own = await bitsOf(work, 'marks', open);
  const beyond = open.map((block, place) => ({
    ...block,
    bits: marksBeyond(block.bits, own[place]),
  }));
  if (await unite(work, 'inherited', beyond)) {
    work.last.push(`UPDATE ${work.schema}.shard SET has_inherited = true`);
  }
}

/** Once, however often it is told. */
export async function takeNamed(work: Work, { giver, counts }: NamedArrival): Promise<void> {
  for (const { post, likes, unlikes } of counts) {
    const values = [giver, Buffer.from(post), likes, unlikes];
    const text = `INSERT INTO ${work.schema}.arrived_named (giver, post, likes, unlikes)
      VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING giver`;
    const isNew = (await work.session.ask({ text, values })).length > 0;
    if (isNew) await addToCount(work, { post, likes, unlikes });
  }
}

/** Makes it as if no named count had arrived. */
export async function takeNamedBack(work: Work): Promise<void> {
  const { session, schema } = work;
  const rows = await session.ask(`SELECT post, likes, unlikes FROM ${schema}.arrived_named`);
  for (const { post, likes, unlikes } of rows.map(countIn)) {
    await addToCount(work, { post, likes: -likes, unlikes: -unlikes });
    const text = `DELETE FROM ${schema}.counts WHERE post = $1 AND likes = 0 AND unlikes = 0`;
    await session.ask({ text, values: [Buffer.from(post)] });
  }
  work.last.push(`DELETE FROM ${schema}.arrived_named`);
}

export async function dropCounts(work: Work, posts: readonly string[]): Promise<void> {
  const { session, schema } = work;
  const text = `WITH gone AS (DELETE FROM ${schema}.counts WHERE post = ANY ($1) RETURNING *)
    SELECT -coalesce(sum(likes), 0)::bigint AS likes,
           -coalesce(sum(unlikes), 0)::bigint AS unlikes FROM gone`;
  const [gone] = await session.ask({ text, values: [posts.map((post) => Buffer.from(post))] });
  addMoved(work, {
    likes: gone!.likes as number,
    unlikes: gone!.unlikes as number,
    marks: 0,
  });
}

export function hold({ schema, last }: Work, map: SlotMap): void {
  const slotMap = pg.escapeLiteral(JSON.stringify(slotMapToDocument(map)));
  last.push(`UPDATE ${schema}.shard SET slot_map_version = ${map.version}, slot_map = ${slotMap}`);
}

/** Adds to a table what is not in it yet; tells whether there was anything. */
export async function unite(
  work: Work,
  table: 'marks' | 'inherited',
  blocks: readonly MarkBlock[],
): Promise<boolean> {
  const before = await bitsOf(work, table, blocks);
  const changed = blocks.flatMap((block, place) => {
    const known = before[place] ?? emptyBlock();
    if (marksBeyond(block.bits, known).every((byte) => byte === 0)) return [];
    return [{ ...block, bits: unitedMarks(block.bits, known) }];
  });
  if (changed.length === 0) return false;
  const text = `INSERT INTO ${work.schema}.${table} (source, block, bits)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])
    ON CONFLICT (source, block) DO UPDATE SET bits = excluded.bits`;
  const values = [...keysOf(changed), changed.map(({ bits }) => Buffer.from(bits))];
  await work.session.ask({ text, values });
  return true;
}

export function addMoved({ schema, last }: Work, { likes, unlikes, marks }: MovedSums): void {
  last.push(
    `UPDATE ${schema}.shard SET moved_likes = moved_likes + (${likes}),
       moved_unlikes = moved_unlikes + (${unlikes}), moved_marks = moved_marks + (${marks})`,
  );
}

export function noteArrival(
  { schema, last }: Work,
  giver: number,
  progress: Progress,
  { likes, unlikes, marks }: MovedSums,
): void {
  const text = pg.escapeLiteral(JSON.stringify(progress));
  last.push(
    `INSERT INTO ${schema}.arriving AS held (giver, progress, likes, unlikes, marks)
     VALUES (${giver}, ${text}, ${likes}, ${unlikes}, ${marks}) ON CONFLICT (giver) DO UPDATE SET
       progress = excluded.progress, likes = held.likes + excluded.likes,
       unlikes = held.unlikes + excluded.unlikes, marks = held.marks + excluded.marks`,
  );
}

/** Which of the sources have ended here. */
export async function endedOf({ session, schema }: Work, sources: readonly string[]) {
  const text = `SELECT source FROM ${schema}.retired_sources WHERE source = ANY ($1)`;
  const values = [[...new Set(sources)].map((source) => Buffer.from(source))];
  return new Set((await session.ask({ text, values })).map(({ source }) => String(source)));
}

/** Replaces counts, and returns what was there before. */
async function putCounts(
  { session, schema }: Work,
  counts: readonly PostCount[],
): Promise<Map<string, PostCount>> {
  if (counts.length === 0) return new Map();
  const posts = counts.map(({ post }) => Buffer.from(post));
  const text = `SELECT post, likes, unlikes FROM ${schema}.counts WHERE post = ANY ($1)`;
  const before = (await session.ask({ text, values: [posts] })).map(countIn);
  await session.ask({
    text: `INSERT INTO ${schema}.counts (post, likes, unlikes)
      SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
      ON CONFLICT (post) DO UPDATE SET likes = excluded.likes, unlikes = excluded.unlikes`,
    values: [posts, counts.map(({ likes }) => likes), counts.map(({ unlikes }) => unlikes)],
  });
  return new Map(before.map((row) => [row.post, row]));
}

async function addToCount(work: Work, { post, likes, unlikes }: PostCount): Promise<void> {
  const text = `INSERT INTO ${work.schema}.counts AS held (post, likes, unlikes)
    VALUES ($1, $2, $3) ON CONFLICT (post) DO UPDATE SET
      likes = held.likes + excluded.likes, unlikes = held.unlikes + excluded.unlikes`;
  await work.session.ask({ text, values: [Buffer.from(post), likes, unlikes] });
  addMoved(work, { likes, unlikes, marks: 0 });
}

/** In the order of the blocks; undefined where there is no mark. */
async function bitsOf(
  { session, schema }: Work,
  table: 'marks' | 'inherited',
  blocks: readonly MarkBlock[],
): Promise<(Uint8Array | undefined)[]> {
  if (blocks.length === 0) return [];
  const text = `SELECT place, bits FROM ${schema}.${table}
    JOIN unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS wanted (source, block, place)
    USING (source, block) WHERE bits <> ''`;
  const found = new Array<Uint8Array | undefined>(blocks.length).fill(undefined);
  for (const { place, bits } of await session.ask({ text, values: keysOf(blocks) })) {
    found[(place as number) - 1] = bits as Uint8Array;
  }
  return found;
}

function keysOf(blocks: readonly MarkBlock[]): [Buffer[], number[]] {
  return [blocks.map(({ source }) => Buffer.from(source)), blocks.map(({ block }) => block)];
}
