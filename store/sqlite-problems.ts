/** Looks through a SQLite shard for what must never be there. */
import type { DatabaseSync } from 'node:sqlite';
import type { Totals } from './count-store.ts';
import { StoreUnavailableError } from './errors.ts';
import { BLOCK_BYTES, countMarks } from './marks.ts';
import { type SlotMap, shardsOfPost, slotMapFromDocument } from './slot-map.ts';

/** Findings of one kind that are spelled out; the rest are only counted. */
const EXAMPLES_MAX = 3;

/** @throws StoreUnavailableError when `bits` is not a whole block: marks would be lost in it. */
export function wholeBlock(
  bits: Uint8Array,
  path: string,
  sourceId: number,
  block: number,
): Uint8Array {
  if (bits.length === BLOCK_BYTES) return bits;
  throw new StoreUnavailableError(
    `${path}: block ${block} of source number ${sourceId} has ${bits.length} bytes instead of ` +
      `${BLOCK_BYTES}; put back a copy of the whole store folder, or count again into another one`,
  );
}

/** Sums of the shard, all from one snapshot. */
export function totalsOf(database: DatabaseSync): Totals {
  return inSnapshot(database, () => {
    const sums = database
      .prepare(
        `SELECT count(*) AS posts, coalesce(sum(likes), 0) AS likes,
                coalesce(sum(unlikes), 0) AS unlikes FROM counts`,
      )
      .get() as { posts: number; likes: number; unlikes: number };
    let marks = 0;
    for (const row of database.prepare('SELECT bits FROM seen').iterate()) {
      marks += countMarks(row.bits as Uint8Array);
    }
    return { ...sums, marks, marksDropped: metaOf(database, 'marksDropped') as number };
  });
}

/** @throws StoreUnavailableError when what the shard holds is not a slot map. */
export function slotMapIn(database: DatabaseSync, path: string): SlotMap {
  try {
    return slotMapFromDocument(JSON.parse(String(metaOf(database, 'slotMap'))));
  } catch (cause) {
    throw new StoreUnavailableError(
      `${path}: its slot map cannot be read; put back a copy of the whole store folder`,
      { cause },
    );
  }
}

/** Findings in plain words, empty when the shard is sound. Damage is a finding, not an error. */
export function problemsIn(database: DatabaseSync, index: number): string[] {
  const integrity = integrityProblems(database);
  // Sums over a damaged file would only repeat the damage in other words.
  if (integrity.length > 0) return integrity;
  return [
    ...sumProblems(totalsOf(database)),
    ...negativeCounts(database),
    ...brokenBlocks(database),
    ...strangers(database, index),
  ];
}

export function integrityProblems(database: DatabaseSync): string[] {
  try {
    return database
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => String(row.integrity_check))
      .filter((finding) => finding !== 'ok')
      .map((finding) => `the file is damaged: ${finding.replaceAll('\n', ' ')}`);
  } catch (error) {
    return [`the file is damaged: ${(error as Error).message}`];
  }
}

function sumProblems({ likes, unlikes, marks, marksDropped }: Totals): string[] {
  if (likes + unlikes === marks + marksDropped) return [];
  return [
    `${likes} likes and ${unlikes} unlikes are counted, but ${marks} marks are held and ` +
      `${marksDropped} were dropped`,
  ];
}

export function negativeCounts(database: DatabaseSync): string[] {
  const rows = database
    .prepare('SELECT post, likes, unlikes FROM counts WHERE likes < 0 OR unlikes < 0')
    .all();
  return spelledOut(
    rows.map(({ post, likes, unlikes }) => {
      return `post ${JSON.stringify(post)} has ${likes} likes and ${unlikes} unlikes: below 0`;
    }),
  );
}

function brokenBlocks(database: DatabaseSync): string[] {
  const rows = database
    .prepare(
      `SELECT seen.source AS id, block, length(bits) AS bytes, ended FROM seen
       LEFT JOIN sources ON id = seen.source
       WHERE bytes <> ${BLOCK_BYTES} OR ended IS NOT 0`,
    )
    .all();
  return spelledOut(
    rows.map(({ id, block, bytes, ended }) => {
      const where = `block ${block} of source number ${id}`;
      if (ended === null) return `${where} has marks of a source that is not known`;
      if (ended !== 0) return `${where} has marks of a source that was retired`;
      return `${where} has ${bytes} bytes instead of ${BLOCK_BYTES}`;
    }),
  );
}

export function strangers(database: DatabaseSync, index: number): string[] {
  let map: SlotMap;
  try {
    map = slotMapFromDocument(JSON.parse(String(metaOf(database, 'slotMap'))));
  } catch (error) {
    return [`its slot map is not one: ${(error as Error).message.replaceAll('\n', ' ')}`];
  }
  const problems: string[] = [];
  const version = metaOf(database, 'slotMapVersion');
  if (map.version !== version) {
    problems.push(`its slot map has version ${map.version}, its transactions check ${version}`);
  }
  const found: string[] = [];
  for (const row of database.prepare('SELECT post FROM counts').iterate()) {
    const post = row.post as string;
    const owners = shardsOfPost(map, post);
    if (owners.includes(index)) continue;
    found.push(`post ${JSON.stringify(post)} belongs to shard ${owners.join(', ')}`);
  }
  return [...problems, ...spelledOut(found)];
}

export function spelledOut(findings: string[]): string[] {
  const rest = findings.length - EXAMPLES_MAX;
  if (rest <= 0) return findings;
  return [...findings.slice(0, EXAMPLES_MAX), `${rest} more like the one before`];
}

export function metaOf(database: DatabaseSync, key: string): unknown {
  return database.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.value;
}

export function inSnapshot<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN');
  try {
    return work();
  } finally {
    database.exec('COMMIT');
  }
}
