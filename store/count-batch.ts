/** Which likes of a batch are new, and what they add up to. The same for every engine. */
import type { Like } from '../likes/like.ts';
import type { ShardCommit } from './count-store.ts';
import { BLOCK_SEQS, blockOf, isMarked, mark } from './marks.ts';

/** What the engine knows of a source, read inside the transaction. */
export interface KnownSource {
  readonly id: number;
  readonly ended: boolean;
}

/** How the engine gives its marks, read inside the transaction. */
export interface MarkReader {
  source(name: string): KnownSource;
  /** The stored bits of a block, or an empty block. `countBatch` sets bits in it. */
  bits(sourceId: number, block: number, source: string): Uint8Array;
  /** Marks that came with moved posts (store/move): known here, counted elsewhere. */
  inherited?(sourceId: number, block: number, source: string): Uint8Array | undefined;
}

export interface TouchedBlock {
  readonly sourceId: number;
  /** The name of that source. */
  readonly source: string;
  readonly block: number;
  readonly bits: Uint8Array;
  readonly inherited: Uint8Array | undefined;
  /** Whether a bit was set: only then does the block have to be written. */
  changed: boolean;
}

export interface PostTally {
  readonly post: string;
  likes: number;
  unlikes: number;
}

/** What is to be written for one batch and shard. */
export interface BatchCount extends ShardCommit {
  readonly tallies: Iterable<PostTally>;
  readonly blocks: readonly TouchedBlock[];
}

interface OpenSource extends KnownSource {
  readonly name: string;
  readonly blocks: Map<number, TouchedBlock>;
}

/** Marks the likes at `places` and adds up those that had no mark, per post. */
export function countBatch(
  likes: readonly Like[],
  places: readonly number[],
  marks: MarkReader,
): BatchCount {
  const commit: ShardCommit = { fresh: [], seen: [], ended: [] };
  const tallies = new Map<string, PostTally>();
  const sources = new Map<string, OpenSource>();
  const blocks: TouchedBlock[] = [];
  let source: OpenSource | undefined;
  let touched: TouchedBlock | undefined;
  for (const place of places) {
    const like = likes[place]!;
    // Neighbours in a batch mostly share source and block, so the maps are asked at changes only.
    if (source === undefined || source.name !== like.source) {
      source = openSource(sources, like.source, marks);
      touched = undefined;
    }
    if (source.ended) {
      commit.ended.push(place);
      continue;
    }
    const block = blockOf(like.seq);
    if (touched === undefined || touched.block !== block) {
      touched = openBlock(source, block, marks, blocks);
    }
    const bit = like.seq - block * BLOCK_SEQS;
    const isInherited = touched.inherited !== undefined && isMarked(touched.inherited, bit);
    if (isInherited || !mark(touched.bits, bit)) {
      commit.seen.push(place);
      continue;
    }
    touched.changed = true;
    commit.fresh.push(place);
    add(tallies, like);
  }
  return { ...commit, tallies: tallies.values(), blocks };
}

function openSource(sources: Map<string, OpenSource>, name: string, marks: MarkReader): OpenSource {
  let source = sources.get(name);
  if (source === undefined) {
    const { id, ended } = marks.source(name);
    source = { name, id, ended, blocks: new Map() };
    sources.set(name, source);
  }
  return source;
}

function openBlock(
  source: OpenSource,
  block: number,
  marks: MarkReader,
  blocks: TouchedBlock[],
): TouchedBlock {
  let touched = source.blocks.get(block);
  if (touched === undefined) {
    const { id: sourceId, name } = source;
    const bits = marks.bits(sourceId, block, name);
    const inherited = marks.inherited?.(sourceId, block, name);
    touched = { sourceId, source: name, block, bits, inherited, changed: false };
    source.blocks.set(block, touched);
    blocks.push(touched);
  }
  return touched;
}

function add(tallies: Map<string, PostTally>, like: Like): void {
  let tally = tallies.get(like.post);
  if (tally === undefined) {
    tally = { post: like.post, likes: 0, unlikes: 0 };
    tallies.set(like.post, tally);
  }
  if (like.action === 'like') tally.likes += 1;
  else tally.unlikes += 1;
}
