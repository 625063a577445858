/** A shard in memory in the hands of the mover, for tests. */
import { countChecksum, marksChecksum } from '../checksum.ts';
import type { MarkBlock, PostCount } from '../count-store.ts';
import { countMarks, emptyBlock, marksBeyond, unitedMarks } from '../marks.ts';
import type { MemoryShard, MemorySource } from '../memory-shard.ts';
import type { SlotMap } from '../slot-map.ts';
import type {
  Arrival,
  Arrived,
  Changes,
  Estate,
  MovingShard,
  NamedArrival,
  Page,
  Progress,
} from './moving-shard.ts';

interface Arriving {
  progress: Progress;
  likes: number;
  unlikes: number;
  marks: number;
  isTaken: boolean;
}

/** Each method runs without a pause, so it is a transaction. */
export class MemoryMovingShard implements MovingShard {
  readonly index: number;
  readonly shard: MemoryShard;
  readonly #arriving = new Map<number, Arriving>();
  readonly #named = new Map<string, PostCount & { giver: number }>();

  constructor(shard: MemoryShard) {
    this.index = shard.index;
    this.shard = shard;
  }

  async slotMapVersion(): Promise<number> {
    return this.shard.rows.slotMap.version;
  }

  async begin(isGiver: boolean): Promise<void> {
    const { rows } = this.shard;
    rows.isMoving = true;
    if (isGiver) rows.changes ??= [];
  }

  async end(): Promise<void> {
    const { rows } = this.shard;
    rows.isMoving = false;
    rows.changes = undefined;
    this.#arriving.clear();
    this.#named.clear();
  }

  async counts(from: string | undefined, limit: number): Promise<Page<PostCount>> {
    const all = [...this.shard.rows.counts.values()]
      .filter(({ post }) => post > (from ?? ''))
      .sort((one, other) => (one.post < other.post ? -1 : 1));
    const rows = all.slice(0, limit).map((row) => ({ ...row }));
    return { rows, next: rows.length < limit ? undefined : rows.at(-1)!.post };
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    return await this.shard.countsOf(posts);
  }

  async marks(from: string | undefined, limit: number): Promise<Page<MarkBlock>> {
    return pageOf([...this.#blocksOf('blocks'), ...this.#blocksOf('inherited')], from, limit);
  }

  async ownMarks(from: string | undefined, limit: number): Promise<Page<MarkBlock>> {
    return pageOf(this.#blocksOf('blocks'), from, limit);
  }

  async blockCount(): Promise<number> {
    return this.#blocksOf('blocks').length + this.#blocksOf('inherited').length;
  }

  async endedSources(): Promise<string[]> {
    return this.shard.rows.sources.flatMap(({ name, ended }) => (ended ? [name] : []));
  }

  async changes(after: string | undefined, limit: number): Promise<Changes> {
    const all = this.shard.rows.changes ?? [];
    const from = Number(after ?? 0);
    const part = all.slice(from, from + limit);
    const posts = new Set(part.flatMap((change) => ('post' in change ? [change.post] : [])));
    const marks = part.flatMap((change) =>
      'post' in change ? [] : [blockOf(change.source, change.block, 'blocks')],
    );
    const upTo = from + part.length;
    const counts = await this.shard.countsOf([...posts]);
    return { counts, marks, upTo: String(upTo), isPart: upTo < all.length };
  }

  async arrived(giver: number): Promise<Arrived | undefined> {
    const arriving = this.#arriving.get(giver);
    return arriving && { ...arriving };
  }

  async arrivedNamed(giver: number): Promise<PostCount[]> {
    return [...this.#named.values()].filter((row) => row.giver === giver);
  }

  async receive(arrivals: readonly Arrival[]): Promise<void> {
    for (const arrival of arrivals) this.#takeIn(arrival);
  }

  async adopt(
    map: SlotMap,
    arrivals: readonly Arrival[] = [],
    named: readonly NamedArrival[] = [],
  ): Promise<void> {
    for (const arrival of arrivals) this.#takeIn(arrival);
    for (const { giver, counts } of named) {
      for (const row of counts) {
        const key = `${giver} ${row.post}`;
        if (this.#named.has(key)) continue;
        this.#named.set(key, { ...row, giver });
        this.#add(row, 1);
      }
    }
    this.shard.rows.slotMap = map;
  }

  async goBack(map: SlotMap): Promise<void> {
    const { counts } = this.shard.rows;
    for (const row of this.#named.values()) {
      this.#add(row, -1);
      const { likes, unlikes } = counts.get(row.post)!;
      if (likes === 0 && unlikes === 0) counts.delete(row.post);
    }
    this.#named.clear();
    this.shard.rows.slotMap = map;
  }

  async drop(posts: readonly string[]): Promise<void> {
    for (const post of posts) {
      const row = this.shard.rows.counts.get(post);
      if (row === undefined) continue;
      this.#add(row, -1);
      this.shard.rows.counts.delete(post);
    }
  }

  async inherit(giver: number, marks: readonly MarkBlock[], progress: Progress): Promise<void> {
    let taken = 0;
    for (const { source: name, block, bits } of marks) {
      taken += countMarks(bits);
      const source = this.shard.source(name);
      if (source.ended) {
        this.shard.rows.marksDropped += countMarks(bits);
        continue;
      }
      const united = unitedMarks(bits, source.blocks.get(block));
      source.blocks.set(block, united);
      source.checksums.set(block, marksChecksum(name, block, united));
    }
    this.shard.rows.moved.marks += taken;
    this.#note(giver, progress, { likes: 0, unlikes: 0, marks: taken });
  }

  async takeOver(giver: number, { moved, marksDropped }: Estate): Promise<void> {
    const arriving = this.#arriving.get(giver);
    if (arriving === undefined || arriving.isTaken) return;
    const { rows } = this.shard;
    rows.moved.likes += moved.likes;
    rows.moved.unlikes += moved.unlikes;
    rows.moved.marks += moved.marks - arriving.marks;
    rows.marksDropped += marksDropped;
    arriving.isTaken = true;
  }

  async estate(): Promise<Estate> {
    const { moved, marksDropped } = this.shard.rows;
    return { moved: { ...moved }, marksDropped };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #takeIn({ giver, counts, marks, endedSources, progress }: Arrival): void {
    const sums = { likes: 0, unlikes: 0, marks: 0 };
    for (const row of counts) {
      const before = this.shard.rows.counts.get(row.post) ?? { likes: 0, unlikes: 0 };
      const added = {
        post: row.post,
        likes: row.likes - before.likes,
        unlikes: row.unlikes - before.unlikes,
      };
      this.#add(added, 1);
      sums.likes += added.likes;
      sums.unlikes += added.unlikes;
    }
    for (const name of endedSources) this.#retire(this.shard.source(name));
    for (const { source: name, block, bits } of marks) {
      const { ended, blocks, inherited } = this.shard.source(name);
      const beyond = marksBeyond(bits, blocks.get(block) ?? emptyBlock());
      if (!ended) inherited.set(block, unitedMarks(beyond, inherited.get(block)));
    }
    this.#note(giver, progress, sums);
  }

  #retire(source: MemorySource): void {
    for (const bits of source.blocks.values()) this.shard.rows.marksDropped += countMarks(bits);
    source.blocks.clear();
    source.inherited.clear();
    source.ended = true;
  }

  #add({ post, likes, unlikes }: PostCount, sign: 1 | -1): void {
    const { counts, checksums, moved } = this.shard.rows;
    const row = counts.get(post) ?? { post, likes: 0, unlikes: 0 };
    moved.likes += sign * likes;
    moved.unlikes += sign * unlikes;
    const after = { likes: row.likes + sign * likes, unlikes: row.unlikes + sign * unlikes };
    counts.set(post, { post, ...after });
    checksums.set(post, countChecksum(post, after.likes, after.unlikes));
  }

  #note(giver: number, progress: Progress, sums: Omit<Arriving, 'progress' | 'isTaken'>): void {
    const before = this.#arriving.get(giver) ?? { likes: 0, unlikes: 0, marks: 0, isTaken: false };
    this.#arriving.set(giver, {
      progress,
      likes: before.likes + sums.likes,
      unlikes: before.unlikes + sums.unlikes,
      marks: before.marks + sums.marks,
      isTaken: before.isTaken,
    });
  }

  #blocksOf(table: 'blocks' | 'inherited'): MarkBlock[] {
    return this.shard.rows.sources.flatMap((source) =>
      [...source[table].keys()].map((block) => blockOf(source, block, table)),
    );
  }
}

function blockOf(source: MemorySource, block: number, table: 'blocks' | 'inherited'): MarkBlock {
  return { source: source.name, block, bits: source[table].get(block)!.slice() };
}

function pageOf<Row>(all: readonly Row[], from: string | undefined, limit: number): Page<Row> {
  const start = Number(from ?? 0);
  const rows = all.slice(start, start + limit);
  return { rows, next: start + limit < all.length ? String(start + limit) : undefined };
}
