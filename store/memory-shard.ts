/** A shard that lives and dies with its process, for tests of the lab. */
import type { Like } from '../likes/like.ts';
import { countBatch, type KnownSource, type MarkReader } from './count-batch.ts';
import type { MarkBlock, PostCount, Shard, ShardCommit, Totals } from './count-store.ts';
import { SlotMapChangedError } from './errors.ts';
import { countMarks, emptyBlock } from './marks.ts';
import { topOf } from './order.ts';
import { type SlotMap, shardOfPost } from './slot-map.ts';

interface MemorySource extends KnownSource {
  readonly name: string;
  ended: boolean;
  readonly blocks: Map<number, Uint8Array>;
}

/** Keeps everything in maps. Disposing it frees nothing, so that a test may open it again. */
export class MemoryShard implements Shard, MarkReader {
  readonly index: number;
  #slotMap: SlotMap;
  #marksDropped = 0;
  readonly #counts = new Map<string, { post: string; likes: number; unlikes: number }>();
  readonly #sources: MemorySource[] = [];
  readonly #sourceOfName = new Map<string, MemorySource>();

  constructor(index: number, slotMap: SlotMap) {
    this.index = index;
    this.#slotMap = slotMap;
  }

  apply(likes: readonly Like[], places: readonly number[], slotMapVersion: number): ShardCommit {
    const { version } = this.#slotMap;
    if (version !== slotMapVersion) {
      throw new SlotMapChangedError(this.index, version, slotMapVersion);
    }
    const { fresh, seen, ended, tallies } = countBatch(likes, places, this);
    for (const { post, likes: liked, unlikes: unliked } of tallies) {
      const count = this.#counts.get(post);
      if (count === undefined) this.#counts.set(post, { post, likes: liked, unlikes: unliked });
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
      source = { id: this.#sources.length, name, ended: false, blocks: new Map() };
      this.#sources.push(source);
      this.#sourceOfName.set(name, source);
    }
    return source;
  }

  bits(sourceId: number, block: number): Uint8Array {
    const { blocks } = this.#sources[sourceId]!;
    let bits = blocks.get(block);
    if (bits === undefined) {
      bits = emptyBlock();
      blocks.set(block, bits);
    }
    return bits;
  }

  retireSource(name: string): number {
    const source = this.source(name);
    let dropped = 0;
    for (const bits of source.blocks.values()) dropped += countMarks(bits);
    source.blocks.clear();
    source.ended = true;
    this.#marksDropped += dropped;
    return dropped;
  }

  slotMapVersion(): number {
    return this.#slotMap.version;
  }

  adoptSlotMap(map: SlotMap): void {
    this.#slotMap = map;
  }

  ownership(): (post: string) => boolean {
    const map = this.#slotMap;
    return (post) => shardOfPost(map, post) === this.index;
  }

  countOf(post: string): PostCount | undefined {
    const count = this.#counts.get(post);
    return count === undefined ? undefined : { ...count };
  }

  topPosts(limit: number): PostCount[] {
    return topOf(this.counts(), limit);
  }

  *counts(): Iterable<PostCount> {
    for (const count of this.#counts.values()) yield { ...count };
  }

  *marks(): Iterable<MarkBlock> {
    for (const { name, blocks } of this.#sources) {
      for (const [block, bits] of blocks) yield { source: name, block, bits: bits.slice() };
    }
  }

  totals(): Totals {
    const sums = { posts: this.#counts.size, likes: 0, unlikes: 0, marks: 0 };
    for (const { likes, unlikes } of this.#counts.values()) {
      sums.likes += likes;
      sums.unlikes += unlikes;
    }
    for (const { bits } of this.marks()) sums.marks += countMarks(bits);
    return { ...sums, marksDropped: this.#marksDropped };
  }

  findProblems(): string[] {
    const { likes, unlikes, marks, marksDropped } = this.totals();
    const problems: string[] = [];
    if (likes + unlikes !== marks + marksDropped) {
      problems.push(`${likes + unlikes} counted, but ${marks} marks and ${marksDropped} dropped`);
    }
    for (const { post } of this.#counts.values()) {
      const owner = shardOfPost(this.#slotMap, post);
      if (owner !== this.index) problems.push(`post "${post}" belongs to shard ${owner}`);
    }
    return problems;
  }

  diskBytes(): number {
    return 0;
  }

  settings(): Readonly<Record<string, string>> {
    return { engine: 'memory' };
  }

  [Symbol.dispose](): void {}
}
