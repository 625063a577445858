/** A shard that lives and dies with its process, for tests of the lab. */
import type { Like } from '../likes/like.ts';
import { balanceProblems, movedOf } from './balance.ts';
import { countChecksum, marksChecksum, sumOfChecksums } from './checksum.ts';
import { countBatch, type KnownSource, type MarkReader } from './count-batch.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals } from './count-store.ts';
import { SlotMapChangedError, StoreUnavailableError } from './errors.ts';
import { strangerIn } from './findings.ts';
import { countMarks, emptyBlock } from './marks.ts';
import { topOf } from './order.ts';
import { type SlotMap, shardsOfPost } from './slot-map.ts';

export interface MemorySource extends KnownSource {
  readonly name: string;
  ended: boolean;
  readonly blocks: Map<number, Uint8Array>;
  /** Of the blocks, as they were written last. */
  readonly checksums: Map<number, number>;
  /** Marks that came with moved posts. */
  readonly inherited: Map<number, Uint8Array>;
}

export type MemoryChange =
  | { readonly post: string }
  | { readonly source: MemorySource; readonly block: number };

/** All that the shard knows, for whoever moves posts (store/move/memory-moving.ts). */
export interface MemoryRows {
  slotMap: SlotMap;
  marksDropped: number;
  moved: { likes: number; unlikes: number; marks: number };
  readonly counts: Map<string, { post: string; likes: number; unlikes: number }>;
  /** Of the counts, as they were written last. */
  readonly checksums: Map<string, number>;
  readonly sources: MemorySource[];
  readonly sourceOfName: Map<string, MemorySource>;
  /** While posts move, each post and each block of marks that was changed, oldest first. */
  changes: MemoryChange[] | undefined;
  isMoving: boolean;
}

/** Keeps everything in maps. Disposing it frees nothing, so that a test may open it again. */
export class MemoryShard implements Shard, MarkReader {
  readonly index: number;
  readonly rows: MemoryRows;

  constructor(index: number, slotMap: SlotMap) {
    this.index = index;
    this.rows = {
      slotMap,
      marksDropped: 0,
      moved: { likes: 0, unlikes: 0, marks: 0 },
      counts: new Map(),
      checksums: new Map(),
      sources: [],
      sourceOfName: new Map(),
      changes: undefined,
      isMoving: false,
    };
  }

  async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    const { version } = this.rows.slotMap;
    if (version !== slotMapVersion) {
      throw new SlotMapChangedError(this.index, version, slotMapVersion);
    }
    const { fresh, seen, ended, tallies, blocks } = countBatch(likes, places, this);
    const { changes, counts, checksums, sources } = this.rows;
    for (const { sourceId, source, block, bits, changed } of blocks) {
      if (!changed) continue;
      sources[sourceId]!.checksums.set(block, marksChecksum(source, block, bits));
      changes?.push({ source: sources[sourceId]!, block });
    }
    for (const { post, likes: liked, unlikes: unliked } of tallies) {
      changes?.push({ post });
      const more = countChecksum(post, liked, unliked);
      checksums.set(post, sumOfChecksums(checksums.get(post) ?? 0, more));
      const count = counts.get(post);
      if (count === undefined) counts.set(post, { post, likes: liked, unlikes: unliked });
      else {
        count.likes += liked;
        count.unlikes += unliked;
      }
    }
    return { fresh, seen, ended };
  }

  source(name: string): MemorySource {
    let source = this.rows.sourceOfName.get(name);
    if (source === undefined) {
      source = {
        id: this.rows.sources.length,
        name,
        ended: false,
        blocks: new Map(),
        checksums: new Map(),
        inherited: new Map(),
      };
      this.rows.sources.push(source);
      this.rows.sourceOfName.set(name, source);
    }
    return source;
  }

  bits(sourceId: number, block: number): Uint8Array {
    const { name, blocks, checksums } = this.rows.sources[sourceId]!;
    const bits = blocks.get(block) ?? emptyBlock();
    const checksum = marksChecksum(name, block, bits);
    if (!blocks.has(block)) {
      blocks.set(block, bits);
      checksums.set(block, checksum);
    }
    if (checksums.get(block) === checksum) return bits;
    throw new StoreUnavailableError(
      `block ${block} of source ${JSON.stringify(name)} does not have its checksum; count again`,
    );
  }

  inherited(sourceId: number, block: number): Uint8Array | undefined {
    return this.rows.sources[sourceId]!.inherited.get(block);
  }

  async retireSource(name: string): Promise<number> {
    if (this.rows.isMoving) {
      throw new StoreUnavailableError('posts are being moved; retire the source afterwards');
    }
    const source = this.source(name);
    let dropped = 0;
    for (const bits of source.blocks.values()) dropped += countMarks(bits);
    source.blocks.clear();
    source.inherited.clear();
    source.ended = true;
    this.rows.marksDropped += dropped;
    return dropped;
  }

  async slotMapVersion(): Promise<number> {
    return this.rows.slotMap.version;
  }

  async adoptSlotMap(map: SlotMap): Promise<void> {
    this.rows.slotMap = map;
  }

  async ownership(): Promise<(post: string) => boolean> {
    const map = this.rows.slotMap;
    return (post) => shardsOfPost(map, post).includes(this.index);
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    return posts.flatMap((post) => {
      const count = this.rows.counts.get(post);
      return count === undefined ? [] : [{ ...count }];
    });
  }

  async topPosts(limit: number): Promise<PostCount[]> {
    return topOf(this.rows.counts.values(), limit).map((count) => ({ ...count }));
  }

  async *counts(): AsyncIterable<PostCount> {
    for (const count of this.rows.counts.values()) yield { ...count };
  }

  async *marks(): AsyncIterable<MarkBlock> {
    for (const { name, blocks } of this.rows.sources) {
      for (const [block, bits] of blocks) yield { source: name, block, bits: bits.slice() };
    }
  }

  async totals(): Promise<Totals> {
    const sums = { posts: this.rows.counts.size, likes: 0, unlikes: 0, marks: 0 };
    for (const { likes, unlikes } of this.rows.counts.values()) {
      sums.likes += likes;
      sums.unlikes += unlikes;
    }
    for (const { blocks } of this.rows.sources) {
      for (const bits of blocks.values()) sums.marks += countMarks(bits);
    }
    const { marksDropped, moved } = this.rows;
    return { ...sums, marksDropped, ...movedOf({ ...moved }) };
  }

  #wrongChecksums(): string[] {
    const counts = [...this.rows.counts.values()].filter(({ post, likes, unlikes }) => {
      return this.rows.checksums.get(post) !== countChecksum(post, likes, unlikes);
    });
    const blocks = this.rows.sources.flatMap(({ name, blocks, checksums }) =>
      [...blocks]
        .filter(([block, bits]) => checksums.get(block) !== marksChecksum(name, block, bits))
        .map(([block]) => `block ${block} of source ${JSON.stringify(name)}`),
    );
    const posts = counts.map(({ post }) => `post ${JSON.stringify(post)}`);
    return [...posts, ...blocks].map((what) => `${what} is not what its checksum says`);
  }

  async findProblems(): Promise<string[]> {
    const problems = balanceProblems(await this.totals());
    if (this.rows.isMoving) return problems;
    for (const { post } of this.rows.counts.values()) {
      const stranger = strangerIn(this.rows.slotMap, this.index, post);
      if (stranger !== undefined) problems.push(stranger);
    }
    return [...problems, ...this.#wrongChecksums()];
  }

  async diskBytes(): Promise<number> {
    return 0;
  }

  async settings(): Promise<Readonly<Record<string, string>>> {
    return { engine: 'memory' };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
