/** A SQLite shard in the hands of the mover, over a connection of the mover's own. */
import type { MarkBlock, PostCount } from '../count-store.ts';
import { countMarks } from '../marks.ts';
import type { SlotMap } from '../slot-map.ts';
import type { ShardIdentity } from '../sqlite-file.ts';
import { type StoredBits, type StoredCount, soundBits, soundCount } from '../sqlite-problems.ts';
import { sourceIn, sourceStatements } from '../sqlite-sources.ts';
import {
  type Arrival,
  type Arrived,
  type Changes,
  type Estate,
  type MovingShard,
  type NamedArrival,
  type Page,
  type Progress,
  progressFromText,
} from './moving-shard.ts';
import {
  addMoved,
  dropCounts,
  hold,
  noteArrival,
  takeIn,
  takeNamed,
  takeNamedBack,
  unite,
} from './sqlite-arrivals.ts';
import { SqliteMoverFile } from './sqlite-mover-file.ts';
import { CREATE_ARRIVALS, CREATE_NOTES, DROP_ALL } from './sqlite-moving-schema.ts';

type MarkTable = 'seen' | 'inherited';
/** Up to which block marks were read. */
type MarkPlace = [table: MarkTable, source: number, block: number];

export class SqliteMovingShard implements MovingShard {
  readonly index: number;
  readonly #file: SqliteMoverFile;

  /** @throws the errors of openShardFile. */
  constructor(path: string, identity: ShardIdentity) {
    this.index = identity.index;
    this.#file = new SqliteMoverFile(path, identity);
  }

  async slotMapVersion(): Promise<number> {
    return this.#file.metaNumber('slotMapVersion');
  }

  async begin(isGiver: boolean): Promise<void> {
    const file = this.#file;
    await file.inTransaction(() => {
      file.database.exec(CREATE_ARRIVALS);
      if (isGiver) file.database.exec(CREATE_NOTES);
      file.run("INSERT OR IGNORE INTO meta (key, value) VALUES ('moving', 1)");
    });
  }

  async end(): Promise<void> {
    const file = this.#file;
    await file.inTransaction(() => {
      file.database.exec(DROP_ALL);
      file.run("DELETE FROM meta WHERE key = 'moving'");
    });
  }

  async counts(from: string | undefined, limit: number): Promise<Page<PostCount>> {
    // No post is the empty text.
    const rows = this.#counts(
      'SELECT post, likes, unlikes, checksum FROM counts WHERE post > ? ORDER BY post LIMIT ?',
      from ?? '',
      limit,
    );
    return { rows, next: rows.length < limit ? undefined : rows.at(-1)!.post };
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    return this.#counts(
      `SELECT post, likes, unlikes, checksum FROM counts
       WHERE post IN (SELECT value FROM json_each(?))`,
      JSON.stringify(posts),
    );
  }

  async marks(from: string | undefined, limit: number): Promise<Page<MarkBlock>> {
    const place = placeIn(from);
    const page = this.#marksPage(place, limit);
    if (page.next !== undefined || place[0] === 'inherited') return page;
    return { ...page, next: JSON.stringify(['inherited', -1, -1] satisfies MarkPlace) };
  }

  async ownMarks(from: string | undefined, limit: number): Promise<Page<MarkBlock>> {
    return this.#marksPage(placeIn(from), limit);
  }

  async blockCount(): Promise<number> {
    const query = `SELECT (SELECT count(*) FROM seen) + (SELECT count(*) FROM inherited) AS blocks`;
    return this.#file.all<{ blocks: number }>(query)[0]!.blocks;
  }

  async endedSources(): Promise<string[]> {
    const query = 'SELECT source FROM sources WHERE ended <> 0';
    return this.#file.all<{ source: string }>(query).map(({ source }) => source);
  }

  async changes(after: string | undefined, limit: number): Promise<Changes> {
    const [lastCount, lastBlock] = JSON.parse(after ?? '[0, 0]') as [number, number];
    return this.#file.inSnapshot(() => {
      const counts = this.#file.all<StoredCount & { number: number }>(
        `SELECT number, post, likes, unlikes, checksum FROM changed_counts JOIN counts USING (post)
         WHERE number > ? ORDER BY number LIMIT ?`,
        lastCount,
        limit,
      );
      const marks = this.#file.all<MarkBlock & StoredBits & { number: number }>(
        `SELECT number, sources.source, seen.block, bits, checksum FROM changed_seen
         JOIN seen ON seen.source = changed_seen.source AND seen.block = changed_seen.block
         JOIN sources ON sources.id = changed_seen.source
         WHERE number > ? ORDER BY number LIMIT ?`,
        lastBlock,
        limit,
      );
      const upTo = [counts.at(-1)?.number ?? lastCount, marks.at(-1)?.number ?? lastBlock];
      const isPart = counts.length === limit || marks.length === limit;
      return {
        counts: counts.map((row) => soundCount(row, this.#file.path)),
        marks: marks.map((row) => this.#soundBlock(row)),
        upTo: JSON.stringify(upTo),
        isPart,
      };
    });
  }

  async arrived(giver: number): Promise<Arrived | undefined> {
    const [row] = this.#file.all<{ progress: string; likes: number; unlikes: number }>(
      'SELECT progress, likes, unlikes FROM arriving WHERE giver = ?',
      giver,
    );
    return row && { ...row, progress: progressFromText(row.progress) };
  }

  async arrivedNamed(giver: number): Promise<PostCount[]> {
    const query = 'SELECT post, likes, unlikes FROM arrived_named WHERE giver = ?';
    return this.#file.all<PostCount>(query, giver);
  }

  async receive(arrivals: readonly Arrival[]): Promise<void> {
    const file = this.#file;
    await file.inTransaction(() => {
      for (const arrival of arrivals) takeIn(file, arrival);
    });
  }

  async adopt(
    map: SlotMap,
    arrivals: readonly Arrival[] = [],
    named: readonly NamedArrival[] = [],
  ): Promise<void> {
    const file = this.#file;
    await file.inTransaction(() => {
      for (const arrival of arrivals) takeIn(file, arrival);
      for (const arrival of named) takeNamed(file, arrival);
      hold(file, map);
    });
  }

  async goBack(map: SlotMap): Promise<void> {
    const file = this.#file;
    await file.inTransaction(() => {
      takeNamedBack(file);
      hold(file, map);
    });
  }

  async drop(posts: readonly string[]): Promise<void> {
    await this.#file.inTransaction(() => dropCounts(this.#file, posts));
  }

  async inherit(giver: number, marks: readonly MarkBlock[], progress: Progress): Promise<void> {
    const file = this.#file;
    await file.inTransaction(() => {
      const statements = sourceStatements(file.database);
      const sums = { likes: 0, unlikes: 0, marks: 0 };
      for (const block of marks) {
        const marked = countMarks(block.bits);
        sums.marks += marked;
        const { id, ended } = sourceIn(statements, block.source);
        // Retired everywhere but in the shard that goes: here its marks count as dropped.
        if (ended) file.addToMeta('marksDropped', marked);
        else unite(file, 'seen', id, block);
      }
      addMoved(file, sums);
      noteArrival(file, giver, progress, sums);
    });
  }

  async takeOver(giver: number, { moved, marksDropped }: Estate): Promise<void> {
    const file = this.#file;
    await file.inTransaction(() => {
      const [row] = file.all<{ marks: number; taken: number }>(
        'SELECT marks, taken FROM arriving WHERE giver = ?',
        giver,
      );
      if (row === undefined || row.taken !== 0) return;
      // Its marks were added when they were taken in; all its other sums hold without them.
      addMoved(file, { ...moved, marks: moved.marks - row.marks });
      file.addToMeta('marksDropped', marksDropped);
      file.run('UPDATE arriving SET taken = 1 WHERE giver = ?', giver);
    });
  }

  async estate(): Promise<Estate> {
    const file = this.#file;
    return file.inSnapshot(() => ({
      moved: {
        likes: file.metaNumber('movedLikes'),
        unlikes: file.metaNumber('movedUnlikes'),
        marks: file.metaNumber('movedMarks'),
      },
      marksDropped: file.metaNumber('marksDropped'),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file[Symbol.dispose]();
  }

  #marksPage([table, ...place]: MarkPlace, limit: number): Page<MarkBlock> {
    const rows = this.#file.all<MarkBlock & StoredBits & { id: number }>(
      `SELECT marked.source AS id, sources.source, block, bits, checksum
       FROM ${table} AS marked JOIN sources ON sources.id = marked.source
       WHERE (marked.source, block) > (?, ?) ORDER BY marked.source, block LIMIT ?`,
      ...place,
      limit,
    );
    const last = rows.at(-1);
    const isEnd = last === undefined || rows.length < limit;
    const next = isEnd ? undefined : JSON.stringify([table, last.id, last.block]);
    return { rows: rows.map((row) => this.#soundBlock(row)), next };
  }

  /** Damage is not carried to another shard, where it would look sound. */
  #soundBlock({ source, block, ...stored }: MarkBlock & StoredBits): MarkBlock {
    return { source, block, bits: soundBits(stored, this.#file.path, { source, block }) };
  }

  #counts(query: string, ...values: (string | number)[]): PostCount[] {
    const rows = this.#file.all<StoredCount>(query, ...values);
    return rows.map((row) => soundCount(row, this.#file.path));
  }
}

function placeIn(from: string | undefined): MarkPlace {
  return from === undefined ? ['seen', -1, -1] : (JSON.parse(from) as MarkPlace);
}
