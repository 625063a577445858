/** Looks through a SQLite shard for what must never be there. */
import type { DatabaseSync } from 'node:sqlite';
import { balanceProblems, movedOf } from './balance.ts';
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
    const metaSum = (key: string) => metaOf(database, key) as number;
    const moved = {
      likes: metaSum('movedLikes'),
      unlikes: metaSum('movedUnlikes'),
      marks: metaSum('movedMarks'),
    };
    return { ...sums, marks, marksDropped: metaSum('marksDropped'), ...movedOf(moved) };
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
    ...balanceProblems(totalsOf(database)),
    ...negativeCounts(database),
    ...brokenBlocks(database),
    ...strangers(database, index),
  ];
}

function integrityProblems(database: DatabaseSync): string[] {
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

function negativeCounts(database: DatabaseSync): string[] {
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
      `SELECT marked.source AS id, block, length(bits) AS bytes, ended
       FROM (SELECT * FROM seen UNION ALL SELECT * FROM inherited) AS marked
       LEFT JOIN sources ON id = marked.source
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

function strangers(database: DatabaseSync, index: number): string[] {
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
  // A mover has brought counts that are not read yet, or has not dropped what it took away.
  if (metaOf(database, 'moving') !== undefined) return problems;
  const found: string[] = [];
  for (const row of database.prepare('SELECT post FROM counts').iterate()) {
    const post = row.post as string;
    const owners = shardsOfPost(map, post);
    if (owners.includes(index)) continue;
    found.push(`post ${JSON.stringify(post)} belongs to shard ${owners.join(', ')}`);
  }
  return [...problems, ...spelledOut(found)];
}

function spelledOut(findings: string[]): string[] {
  const rest = findings.length - EXAMPLES_MAX;
  if (rest <= 0) return findings;
  return [...findings.slice(0, EXAMPLES_MAX), `${rest} more like the one before`];
}

function metaOf(database: DatabaseSync, key: string): unknown {
  return database.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.value;
}

function inSnapshot<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN');
  try {
    return work();
  } finally {
    database.exec('COMMIT');
  }
}
