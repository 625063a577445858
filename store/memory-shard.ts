/** A shard that lives and dies with its process, for tests of the lab. */
import type { Like } from '../likes/like.ts';
import { countChecksum, marksChecksum, sumOfChecksums } from './checksum.ts';
import { countBatch, type KnownSource, type MarkReader } from './count-batch.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals } from './count-store.ts';
import { SlotMapChangedError, StoreUnavailableError } from './errors.ts';
import { countMarks, emptyBlock } from './marks.ts';
import { topOf } from './order.ts';
import { type SlotMap, shardsOfPost } from './slot-map.ts';

interface MemorySource extends KnownSource {
  readonly name: string;
  ended: boolean;
  readonly blocks: Map<number, Uint8Array>;
  /** Of the blocks, as they were written last. */
  readonly checksums: Map<number, number>;
}

/** Keeps everything in maps. Disposing it frees nothing, so that a test may open it again. */
export class MemoryShard implements Shard, MarkReader {
  readonly index: number;
  #slotMap: SlotMap;
  #marksDropped = 0;
  /** For tests, which have no other way to damage it. */
  protected readonly held = new Map<string, { post: string; likes: number; unlikes: number }>();
  readonly #checksums = new Map<string, number>();
  readonly #sources: MemorySource[] = [];
  readonly #sourceOfName = new Map<string, MemorySource>();

  constructor(index: number, slotMap: SlotMap) {
    this.index = index;
    this.#slotMap = slotMap;
  }

  async apply(
    likes: readonly Like[],
    places: readonly number[],
    slotMapVersion: number,
  ): Promise<ShardCommit> {
    const { version } = this.#slotMap;
    if (version !== slotMapVersion) {
      throw new SlotMapChangedError(this.index, version, slotMapVersion);
    }
    const { fresh, seen, ended, tallies, blocks } = countBatch(likes, places, this);
    for (const { source, block, bits, changed } of blocks) {
      if (changed) this.source(source).checksums.set(block, marksChecksum(source, block, bits));
    }
    for (const { post, likes: liked, unlikes: unliked } of tallies) {
      const more = countChecksum(post, liked, unliked);
      this.#checksums.set(post, sumOfChecksums(this.#checksums.get(post) ?? 0, more));
      const count = this.held.get(post);
      if (count === undefined) this.held.set(post, { post, likes: liked, unlikes: unliked });
      else {
        count.likes += liked;
        count.unlikes += unliked;
      }
    }
    return { fresh, seen, ended };
  }

  source(name: string): MemorySource {
    let source = this.#sourceOfName.get(name);
    if (source === undefined) {
      source = {
        id: this.#sources.length,
        name,
        ended: false,
        blocks: new Map(),
        checksums: new Map(),
      };
      this.#sources.push(source);
      this.#sourceOfName.set(name, source);
    }
    return source;
  }

  bits(sourceId: number, block: number): Uint8Array {
    const { name, blocks, checksums } = this.#sources[sourceId]!;
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

  async retireSource(name: string): Promise<number> {
    const source = this.source(name);
    let dropped = 0;
    for (const bits of source.blocks.values()) dropped += countMarks(bits);
    source.blocks.clear();
    source.ended = true;
    this.#marksDropped += dropped;
    return dropped;
  }

  async slotMapVersion(): Promise<number> {
    return this.#slotMap.version;
  }

  async adoptSlotMap(map: SlotMap): Promise<void> {
    this.#slotMap = map;
  }

  async ownership(): Promise<(post: string) => boolean> {
    const map = this.#slotMap;
    return (post) => shardsOfPost(map, post).includes(this.index);
  }

  async countsOf(posts: readonly string[]): Promise<PostCount[]> {
    return posts.flatMap((post) => {
      const count = this.held.get(post);
      return count === undefined ? [] : [{ ...count }];
    });
  }

  async topPosts(limit: number): Promise<PostCount[]> {
    return topOf(this.held.values(), limit).map((count) => ({ ...count }));
  }

  async *counts(): AsyncIterable<PostCount> {
    for (const count of this.held.values()) yield { ...count };
  }

  async *marks(): AsyncIterable<MarkBlock> {
    for (const { name, blocks } of this.#sources) {
      for (const [block, bits] of blocks) yield { source: name, block, bits: bits.slice() };
    }
  }

  async totals(): Promise<Totals> {
    const sums = { posts: this.held.size, likes: 0, unlikes: 0, marks: 0 };
    for (const { likes, unlikes } of this.held.values()) {
      sums.likes += likes;
      sums.unlikes += unlikes;
    }
    for (const { blocks } of this.#sources) {
      for (const bits of blocks.values()) sums.marks += countMarks(bits);
    }
    return { ...sums, marksDropped: this.#marksDropped };
  }

  #wrongChecksums(): string[] {
    const counts = [...this.held.values()].filter(({ post, likes, unlikes }) => {
      return this.#checksums.get(post) !== countChecksum(post, likes, unlikes);
    });
    const blocks = this.#sources.flatMap(({ name, blocks, checksums }) =>
      [...blocks]
        .filter(([block, bits]) => checksums.get(block) !== marksChecksum(name, block, bits))
        .map(([block]) => `block ${block} of source ${JSON.stringify(name)}`),
    );
    const posts = counts.map(({ post }) => `post ${JSON.stringify(post)}`);
    return [...posts, ...blocks].map((what) => `${what} is not what its checksum says`);
  }

  async findProblems(): Promise<string[]> {
    const { likes, unlikes, marks, marksDropped } = await this.totals();
    const problems: string[] = [];
    if (likes + unlikes !== marks + marksDropped) {
      problems.push(`${likes + unlikes} counted, but ${marks} marks and ${marksDropped} dropped`);
    }
    for (const { post } of this.held.values()) {
      const owners = shardsOfPost(this.#slotMap, post);
      if (owners.includes(this.index)) continue;
      problems.push(`post "${post}" belongs to shard ${owners.join(', ')}`);
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
