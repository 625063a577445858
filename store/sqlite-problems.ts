/** Looks through a SQLite shard for what must never be there. */
import type { DatabaseSync } from 'node:sqlite';
import { balanceProblems, movedOf } from './balance.ts';
import { countChecksum, marksChecksum } from './checksum.ts';
import type { PostCount, Totals } from './count-store.ts';
import { StoreUnavailableError } from './errors.ts';
import { spelledOut, strangerIn } from './findings.ts';
import { BLOCK_BYTES, countMarks } from './marks.ts';
import { type SlotMap, slotMapFromDocument } from './slot-map.ts';

/** A block of marks as it stands in the file. */
export interface StoredBits {
  readonly bits: Uint8Array;
  readonly checksum: number;
}

/**
 * The bits, when they are a whole block and as they were written: set into a damaged block, marks
 * would make its damage look sound.
 * @throws StoreUnavailableError when they are not
 */
export function soundBits(
  { bits, checksum }: StoredBits,
  path: string,
  { source, block }: { readonly source: string; readonly block: number },
): Uint8Array {
  const isWhole = bits.length === BLOCK_BYTES;
  if (isWhole && marksChecksum(source, block, bits) === checksum) return bits;
  const damage = isWhole
    ? 'does not have its checksum'
    : `has ${bits.length} bytes instead of ${BLOCK_BYTES}`;
  throw new StoreUnavailableError(
    `${path}: block ${block} of source ${JSON.stringify(source)} ${damage}; put back a copy of ` +
      'the whole store folder, or count again into another one',
  );
}

/** A post's row as it stands in the file. */
export interface StoredCount extends PostCount {
  readonly checksum: number;
}

/** @throws StoreUnavailableError when the row is not as it was written */
export function soundCount(
  { post, likes, unlikes, checksum }: StoredCount,
  path: string,
): PostCount {
  if (countChecksum(post, likes, unlikes) === checksum) return { post, likes, unlikes };
  throw new StoreUnavailableError(
    `${path}: the count of post ${JSON.stringify(post)} does not have its checksum; put back a ` +
      'copy of the whole store folder, or count again into another one',
  );
}

/** Sums of the shard, all from one snapshot. */
export function totalsOf(database: DatabaseSync): Totals {
  return inSnapshot(database, () => {
    let marks = 0;
    for (const row of database.prepare('SELECT bits FROM seen').iterate()) {
      marks += countMarks(row.bits as Uint8Array);
    }
    return { ...countSums(database), marks, ...metaSums(database) };
  });
}

export function countSums(database: DatabaseSync): Pick<Totals, 'posts' | 'likes' | 'unlikes'> {
  const sums = database.prepare(
    `SELECT count(*) AS posts, coalesce(sum(likes), 0) AS likes,
            coalesce(sum(unlikes), 0) AS unlikes FROM counts`,
  );
  return sums.get() as unknown as ReturnType<typeof countSums>;
}

function metaSums(database: DatabaseSync): Pick<Totals, 'marksDropped' | 'moved'> {
  const sum = (key: string) => metaOf(database, key) as number;
  const moved = {
    likes: sum('movedLikes'),
    unlikes: sum('movedUnlikes'),
    marks: sum('movedMarks'),
  };
  return { marksDropped: sum('marksDropped'), ...movedOf(moved) };
}

/** @throws StoreUnavailableError when what the shard holds is not a slot map. */
export function slotMapIn(database: DatabaseSync, path: string): SlotMap {
  try {
    return readSlotMap(database);
  } catch (cause) {
    throw new StoreUnavailableError(
      `${path}: its slot map cannot be read; put back a copy of the whole store folder`,
      { cause },
    );
  }
}

function readSlotMap(database: DatabaseSync): SlotMap {
  return slotMapFromDocument(JSON.parse(String(metaOf(database, 'slotMap'))));
}

/** Findings in plain words, empty when the shard is sound. Damage is a finding, not an error. */
export function problemsIn(
  database: DatabaseSync,
  index: number,
  spelledOutMax?: number,
): string[] {
  const integrity = integrityProblems(database);
  // Sums over a damaged file would only repeat the damage in other words.
  if (integrity.length > 0) return integrity;
  return inSnapshot(database, () => {
    const counts = lookAtCounts(database);
    const marks = lookAtMarks(database);
    const owners = lookAtOwners(database, index);
    return [
      ...balanceProblems({ ...counts.sums, marks: marks.held, ...metaSums(database) }),
      ...spelledOut(counts.negative, spelledOutMax),
      ...spelledOut(counts.wrong, spelledOutMax),
      ...spelledOut(marks.problems, spelledOutMax),
      ...owners.problems,
      ...spelledOut(owners.strangers, spelledOutMax),
    ];
  });
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

/** Read as bigints, since a corrupted number may be more than a JavaScript one can be. */
interface CountRow {
  readonly post: string;
  readonly likes: bigint;
  readonly unlikes: bigint;
  readonly checksum: bigint;
}

function lookAtCounts(database: DatabaseSync) {
  const rows = database.prepare('SELECT post, likes, unlikes, checksum FROM counts');
  rows.setReadBigInts(true);
  const sums = { likes: 0n, unlikes: 0n };
  const negative: string[] = [];
  const wrong: string[] = [];
  for (const row of rows.iterate() as Iterable<unknown> as Iterable<CountRow>) {
    const { post, likes, unlikes, checksum } = row;
    sums.likes += likes;
    sums.unlikes += unlikes;
    const has = `post ${JSON.stringify(post)} has ${likes} likes and ${unlikes} unlikes`;
    if (likes < 0n || unlikes < 0n) negative.push(`${has}: below 0`);
    if (checksum !== checksumOf(row)) wrong.push(`${has}, which is not what its checksum says`);
  }
  return { sums, negative, wrong };
}

/** Undefined for numbers that no count can have reached. */
function checksumOf({ post, likes, unlikes }: CountRow): bigint | undefined {
  const numbers = [Number(likes), Number(unlikes)] as const;
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  return BigInt(countChecksum(post, ...numbers));
}

interface BlockRow {
  readonly id: bigint;
  /** Null, and `ended` too, when nobody knows the source. */
  readonly source: string | null;
  readonly ended: bigint | null;
  readonly block: bigint;
  readonly bits: Uint8Array;
  readonly checksum: bigint;
  /** 0 for marks that came with moved posts. */
  readonly own: bigint;
}

function lookAtMarks(database: DatabaseSync) {
  const rows = database.prepare(
    `SELECT marked.source AS id, sources.source, ended, block, bits, checksum, own
     FROM (SELECT *, 1 AS own FROM seen UNION ALL SELECT *, 0 AS own FROM inherited) AS marked
     LEFT JOIN sources ON id = marked.source`,
  );
  rows.setReadBigInts(true);
  let held = 0;
  const problems: string[] = [];
  for (const row of rows.iterate() as Iterable<unknown> as Iterable<BlockRow>) {
    if (row.own !== 0n) held += countMarks(row.bits);
    const problem = problemOfBlock(row);
    if (problem === undefined) continue;
    const { id, source, block } = row;
    const owner = source === null ? `number ${id}` : JSON.stringify(source);
    problems.push(`block ${block} of source ${owner} ${problem}`);
  }
  return { held, problems };
}

function problemOfBlock({ source, ended, block, bits, checksum }: BlockRow): string | undefined {
  if (source === null) return 'has marks of a source that is not known';
  if (ended !== 0n) return 'has marks of a source that was retired';
  if (bits.length !== BLOCK_BYTES) return `has ${bits.length} bytes instead of ${BLOCK_BYTES}`;
  if (BigInt(marksChecksum(source, Number(block), bits)) === checksum) return undefined;
  return 'is not what its checksum says';
}

/** Whether its slot map is one, and which posts are not its by that. */
export function lookAtOwners(database: DatabaseSync, index: number) {
  const problems: string[] = [];
  const strangers: string[] = [];
  let map: SlotMap;
  try {
    map = readSlotMap(database);
  } catch (error) {
    problems.push(`its slot map is not one: ${(error as Error).message.replaceAll('\n', ' ')}`);
    return { problems, strangers, map: undefined };
  }
  const version = metaOf(database, 'slotMapVersion');
  if (map.version !== version) {
    problems.push(`its slot map has version ${map.version}, its transactions check ${version}`);
  }
  // A mover has brought counts that are not read yet, or has not dropped what it took away.
  if (metaOf(database, 'moving') !== undefined) return { problems, strangers, map };
  for (const row of database.prepare('SELECT post FROM counts').iterate()) {
    const stranger = strangerIn(map, index, row.post as string);
    if (stranger !== undefined) strangers.push(stranger);
  }
  return { problems, strangers, map };
}

function metaOf(database: DatabaseSync, key: string): unknown {
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
