/** What a PostgreSQL shard writes when posts arrive, in a transaction that nobody else is in. */
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
}

export function countIn({ post, likes, unlikes }: Row): PostCount {
  return { post: String(post), likes: likes as number, unlikes: unlikes as number };
}

export function blockIn({ source, block, bits }: Row): MarkBlock {
  return { source: String(source), block: block as number, bits: bits as Uint8Array };
}

export async function takeIn(work: Work, arrival: Arrival): Promise<void> {
  const sums = await putCounts(work, arrival.counts);
  for (const source of arrival.endedSources) {
    await retireIn(work.session, statementsOf(work.schema), source);
  }
  const marks = await withoutEnded(work, arrival.marks);
  const own = await bitsOf(work, 'marks', marks);
  const beyond = marks.map((block, place) => ({
    ...block,
    bits: marksBeyond(block.bits, own[place]),
  }));
  if (await unite(work, 'inherited', beyond)) {
    await work.session.ask(`UPDATE ${work.schema}.shard SET has_inherited = true`);
  }
  await addMoved(work, sums);
  await noteArrival(work, arrival.giver, arrival.progress, sums);
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
export async function takeNamedBack({ session, schema }: Work): Promise<void> {
  const rows = await session.ask(`SELECT post, likes, unlikes FROM ${schema}.arrived_named`);
  for (const { post, likes, unlikes } of rows.map(countIn)) {
    await addToCount({ session, schema }, { post, likes: -likes, unlikes: -unlikes });
    const text = `DELETE FROM ${schema}.counts WHERE post = $1 AND likes = 0 AND unlikes = 0`;
    await session.ask({ text, values: [Buffer.from(post)] });
  }
  await session.ask(`DELETE FROM ${schema}.arrived_named`);
}

export async function dropCounts(work: Work, posts: readonly string[]): Promise<void> {
  const { session, schema } = work;
  const text = `WITH gone AS (DELETE FROM ${schema}.counts WHERE post = ANY ($1) RETURNING *)
    SELECT -coalesce(sum(likes), 0)::bigint AS likes,
           -coalesce(sum(unlikes), 0)::bigint AS unlikes FROM gone`;
  const [gone] = await session.ask({ text, values: [posts.map((post) => Buffer.from(post))] });
  await addMoved(work, {
    likes: gone!.likes as number,
    unlikes: gone!.unlikes as number,
    marks: 0,
  });
}

export async function hold({ session, schema }: Work, map: SlotMap): Promise<void> {
  const values = [map.version, JSON.stringify(slotMapToDocument(map))];
  await session.ask({ text: statementsOf(schema).adopt, values });
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

export async function addMoved(
  { session, schema }: Work,
  { likes, unlikes, marks }: MovedSums,
): Promise<void> {
  const text = `UPDATE ${schema}.shard SET moved_likes = moved_likes + $1,
    moved_unlikes = moved_unlikes + $2, moved_marks = moved_marks + $3`;
  await session.ask({ text, values: [likes, unlikes, marks] });
}

export async function noteArrival(
  { session, schema }: Work,
  giver: number,
  progress: Progress,
  { likes, unlikes, marks }: MovedSums,
): Promise<void> {
  const text = `INSERT INTO ${schema}.arriving AS held (giver, progress, likes, unlikes, marks)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (giver) DO UPDATE SET
      progress = excluded.progress, likes = held.likes + excluded.likes,
      unlikes = held.unlikes + excluded.unlikes, marks = held.marks + excluded.marks`;
  await session.ask({ text, values: [giver, JSON.stringify(progress), likes, unlikes, marks] });
}

/** Which of the sources have ended here. */
export async function endedOf({ session, schema }: Work, sources: readonly string[]) {
  const text = `SELECT source FROM ${schema}.retired_sources WHERE source = ANY ($1)`;
  const values = [[...new Set(sources)].map((source) => Buffer.from(source))];
  return new Set((await session.ask({ text, values })).map(({ source }) => String(source)));
}

async function withoutEnded(work: Work, marks: readonly MarkBlock[]): Promise<MarkBlock[]> {
  if (marks.length === 0) return [];
  const ended = await endedOf(
    work,
    marks.map(({ source }) => source),
  );
  return marks.filter(({ source }) => !ended.has(source));
}

/** Replaces counts; with what they are more than before. */
async function putCounts(
  { session, schema }: Work,
  counts: readonly PostCount[],
): Promise<MovedSums> {
  if (counts.length === 0) return { likes: 0, unlikes: 0, marks: 0 };
  const posts = counts.map(({ post }) => Buffer.from(post));
  const text = `SELECT coalesce(sum(likes), 0)::bigint AS likes,
    coalesce(sum(unlikes), 0)::bigint AS unlikes FROM ${schema}.counts WHERE post = ANY ($1)`;
  const [before] = await session.ask({ text, values: [posts] });
  const [likes, unlikes] = [counts.map((row) => row.likes), counts.map((row) => row.unlikes)];
  await session.ask({
    text: `INSERT INTO ${schema}.counts (post, likes, unlikes)
      SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
      ON CONFLICT (post) DO UPDATE SET likes = excluded.likes, unlikes = excluded.unlikes`,
    values: [posts, likes, unlikes],
  });
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    likes: sum(likes) - (before!.likes as number),
    unlikes: sum(unlikes) - (before!.unlikes as number),
    marks: 0,
  };
}

async function addToCount(work: Work, { post, likes, unlikes }: PostCount): Promise<void> {
  const text = `INSERT INTO ${work.schema}.counts AS held (post, likes, unlikes)
    VALUES ($1, $2, $3) ON CONFLICT (post) DO UPDATE SET
      likes = held.likes + excluded.likes, unlikes = held.unlikes + excluded.unlikes`;
  await work.session.ask({ text, values: [Buffer.from(post), likes, unlikes] });
  await addMoved(work, { likes, unlikes, marks: 0 });
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
