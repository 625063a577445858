/** What a SQLite shard writes when posts arrive. All of it is to be called in a transaction. */
import { countChecksum, marksChecksum } from '../checksum.ts';
import type { MarkBlock, MovedSums, PostCount } from '../count-store.ts';
import { emptyBlock, marksBeyond, unitedMarks } from '../marks.ts';
import { type SlotMap, slotMapToDocument } from '../slot-map.ts';
import { type StoredBits, type StoredCount, soundBits, soundCount } from '../sqlite-problems.ts';
import { retireIn, sourceIn, sourceStatements } from '../sqlite-sources.ts';
import type { Arrival, NamedArrival, Progress } from './moving-shard.ts';
import type { SqliteMoverFile } from './sqlite-mover-file.ts';

const READ_BITS = {
  seen: 'SELECT bits, checksum FROM seen WHERE source = ? AND block = ?',
  inherited: 'SELECT bits, checksum FROM inherited WHERE source = ? AND block = ?',
};
const WRITE_BITS = {
  seen: `INSERT INTO seen (source, block, bits, checksum) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET bits = excluded.bits, checksum = excluded.checksum`,
  inherited: `INSERT INTO inherited (source, block, bits, checksum) VALUES (?, ?, ?, ?)
              ON CONFLICT DO UPDATE SET bits = excluded.bits, checksum = excluded.checksum`,
};

export function takeIn(file: SqliteMoverFile, arrival: Arrival): void {
  const sums = { likes: 0, unlikes: 0 };
  for (const { post, likes, unlikes } of arrival.counts) {
    const before = countOf(file, post);
    sums.likes += likes - before.likes;
    sums.unlikes += unlikes - before.unlikes;
    putCount(file, { post, likes, unlikes });
  }
  for (const source of arrival.endedSources) retireIn(file.database, source, file.path);
  const statements = sourceStatements(file.database);
  for (const block of arrival.marks) {
    const { id, ended } = sourceIn(statements, block.source);
    if (ended) continue;
    const own = bitsOf(file, 'seen', id, block);
    unite(file, 'inherited', id, { ...block, bits: marksBeyond(block.bits, own) });
  }
  addMoved(file, { ...sums, marks: 0 });
  noteArrival(file, arrival.giver, arrival.progress, { ...sums, marks: 0 });
}

/** Once, however often it is told. */
export function takeNamed(file: SqliteMoverFile, { giver, counts }: NamedArrival): void {
  for (const { post, likes, unlikes } of counts) {
    const isNew = file.run(
      'INSERT OR IGNORE INTO arrived_named (giver, post, likes, unlikes) VALUES (?, ?, ?, ?)',
      giver,
      post,
      likes,
      unlikes,
    );
    if (isNew > 0) addToCount(file, { post, likes, unlikes });
  }
}

/** Makes it as if no named count had arrived. */
export function takeNamedBack(file: SqliteMoverFile): void {
  for (const row of file.all<PostCount>('SELECT post, likes, unlikes FROM arrived_named')) {
    const { post, likes, unlikes } = row;
    addToCount(file, { post, likes: -likes, unlikes: -unlikes });
    file.run('DELETE FROM counts WHERE post = ? AND likes = 0 AND unlikes = 0', post);
  }
  file.run('DELETE FROM arrived_named');
}

export function dropCounts(file: SqliteMoverFile, posts: readonly string[]): void {
  const sums = { likes: 0, unlikes: 0 };
  for (const post of posts) {
    const { likes, unlikes } = countOf(file, post);
    sums.likes -= likes;
    sums.unlikes -= unlikes;
    file.run('DELETE FROM counts WHERE post = ?', post);
  }
  addMoved(file, { ...sums, marks: 0 });
}

export function hold(file: SqliteMoverFile, map: SlotMap): void {
  const put = 'UPDATE meta SET value = ? WHERE key = ?';
  file.run(put, BigInt(map.version), 'slotMapVersion');
  file.run(put, JSON.stringify(slotMapToDocument(map)), 'slotMap');
}

/** Adds to a table what is not in it yet. */
export function unite(
  file: SqliteMoverFile,
  table: 'seen' | 'inherited',
  id: number,
  added: MarkBlock,
): void {
  const { source, block } = added;
  const before = bitsOf(file, table, id, added) ?? emptyBlock();
  if (marksBeyond(added.bits, before).every((byte) => byte === 0)) return;
  const bits = unitedMarks(added.bits, before);
  file.run(WRITE_BITS[table], id, block, bits, marksChecksum(source, block, bits));
}

export function addMoved(file: SqliteMoverFile, { likes, unlikes, marks }: MovedSums): void {
  file.addToMeta('movedLikes', likes);
  file.addToMeta('movedUnlikes', unlikes);
  file.addToMeta('movedMarks', marks);
}

export function noteArrival(
  file: SqliteMoverFile,
  giver: number,
  progress: Progress,
  { likes, unlikes, marks }: MovedSums,
): void {
  file.run(
    `INSERT INTO arriving (giver, progress, likes, unlikes, marks) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       progress = excluded.progress, likes = likes + excluded.likes,
       unlikes = unlikes + excluded.unlikes, marks = marks + excluded.marks`,
    giver,
    JSON.stringify(progress),
    likes,
    unlikes,
    marks,
  );
}

function countOf(file: SqliteMoverFile, post: string): PostCount {
  const query = 'SELECT post, likes, unlikes, checksum FROM counts WHERE post = ?';
  const [row] = file.all<StoredCount>(query, post);
  return row === undefined ? { post, likes: 0, unlikes: 0 } : soundCount(row, file.path);
}

function addToCount(file: SqliteMoverFile, { post, likes, unlikes }: PostCount): void {
  const before = countOf(file, post);
  putCount(file, { post, likes: before.likes + likes, unlikes: before.unlikes + unlikes });
  addMoved(file, { likes, unlikes, marks: 0 });
}

function putCount(file: SqliteMoverFile, { post, likes, unlikes }: PostCount): void {
  file.run(
    `INSERT INTO counts (post, likes, unlikes, checksum) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       likes = excluded.likes, unlikes = excluded.unlikes, checksum = excluded.checksum`,
    post,
    likes,
    unlikes,
    BigInt(countChecksum(post, likes, unlikes)),
  );
}

function bitsOf(
  file: SqliteMoverFile,
  table: 'seen' | 'inherited',
  id: number,
  { source, block }: MarkBlock,
): Uint8Array | undefined {
  const [row] = file.all<StoredBits>(READ_BITS[table], id, block);
  return row && soundBits(row, file.path, { source, block });
}
