/** What a batch of a lane makes of the rows that were read for it. Pure; lane-batch.ts says why. */
import type { Like } from '../likes/like.ts';
import { BLOCK_SEQS, blockOf, isMarked, mark } from './marks.ts';

/** Stands before every offset: nothing of a lane has been counted yet. */
export const NOTHING_YET = -1n;

/** All of a post's likes and unlikes in one lane, from the lane's beginning up to an offset. */
export interface CountRow {
  readonly likes: number;
  readonly unlikes: number;
  readonly upto: bigint;
}

/** The marks of one source and block that a lane has set, from its beginning up to an offset. */
export interface MarkRow {
  readonly bits: Uint8Array;
  readonly upto: bigint;
}

export interface BlockKey {
  readonly source: string;
  readonly block: number;
}

/** A like of a batch, with where it stands: in the batch, and in its lane. */
export interface LaneLike {
  readonly like: Like;
  readonly place: number;
  readonly offset: bigint;
}

/** What was read: rows that are not there are left out. */
export interface LaneRows {
  readonly checkpoint: bigint;
  /** By `nameOfBlock`. */
  readonly marks: ReadonlyMap<string, MarkRow>;
  /** By post. */
  readonly counts: ReadonlyMap<string, CountRow>;
}

/** What is to be written, all of it true up to `upto`. Places are those of the batch. */
export interface LaneWrites {
  /** The batch's last offset. */
  readonly upto: bigint;
  readonly counts: readonly (CountRow & { readonly post: string })[];
  readonly marks: readonly (MarkRow & BlockKey)[];
  /** Whether the batch ends behind the checkpoint, so that it has to be moved. */
  readonly advances: boolean;
  readonly fresh: number[];
  readonly seen: number[];
}

/**
 * A like that should have been counted long ago has not been. Counting it now would make rows that
 * are no function of the lane any more; leaving it out would lose it.
 */
export class LaneOutOfOrderError extends Error {
  override readonly name = 'LaneOutOfOrderError';
  readonly code = 'LANE_OUT_OF_ORDER';
}

/** No name of a source can be taken for the number before it. */
export function nameOfBlock({ source, block }: BlockKey): string {
  return `${block} ${source}`;
}

export function blockOfLike({ source, seq }: Like): BlockKey {
  return { source, block: blockOf(seq) };
}

/** Those of a batch whose marks are not set in what was read, so that their posts matter. */
export function withoutMark(
  batch: readonly LaneLike[],
  marks: ReadonlyMap<string, MarkRow>,
): LaneLike[] {
  return batch.filter(({ like }) => {
    const row = marks.get(nameOfBlock(blockOfLike(like)));
    return row === undefined || !isMarked(row.bits, like.seq);
  });
}

interface OpenCount {
  likes: number;
  unlikes: number;
  readonly upto: bigint;
  changed: boolean;
}

interface OpenBlock extends BlockKey {
  bits: Uint8Array;
  readonly upto: bigint;
  changed: boolean;
}

/**
 * Counts a batch, whose likes are in the order of their offsets and which begins at most one like
 * behind the checkpoint. Changes nothing that it was given.
 * @throws LaneOutOfOrderError when a like at an offset that is done with has no mark
 */
export function countLaneBatch(
  lane: string,
  batch: readonly LaneLike[],
  { checkpoint, marks, counts }: LaneRows,
): LaneWrites {
  const upto = batch.at(-1)!.offset;
  const blocks = new Map<string, OpenBlock>();
  const posts = new Map<string, OpenCount>();
  const fresh: number[] = [];
  const seen: number[] = [];
  let block: OpenBlock | undefined;
  for (const { like, place, offset } of batch) {
    if (block?.source !== like.source || block.block !== blockOf(like.seq)) {
      block = openBlock(blocks, blockOfLike(like), marks);
    }
    if (isMarked(block.bits, like.seq)) {
      seen.push(place);
      continue;
    }
    if (offset <= checkpoint || offset <= block.upto) throw outOfOrder(lane, like, offset);
    setMark(block, like.seq);
    fresh.push(place);
    const count = openCount(posts, like.post, counts);
    // Else a batch that never came to its end has added it; only its mark is missing.
    if (offset > count.upto) add(count, like);
  }
  return {
    upto,
    counts: [...posts]
      .filter(([, { changed }]) => changed)
      .map(([post, { likes, unlikes }]) => ({ post, likes, unlikes, upto })),
    marks: [...blocks.values()]
      .filter(({ changed }) => changed)
      .map(({ source, block: number, bits }) => ({ source, block: number, bits, upto })),
    advances: upto > checkpoint,
    fresh,
    seen,
  };
}

function openBlock(
  blocks: Map<string, OpenBlock>,
  key: BlockKey,
  marks: ReadonlyMap<string, MarkRow>,
): OpenBlock {
  const name = nameOfBlock(key);
  let open = blocks.get(name);
  if (open === undefined) {
    const { bits, upto } = marks.get(name) ?? { bits: EMPTY, upto: NOTHING_YET };
    open = { ...key, bits, upto, changed: false };
    blocks.set(name, open);
  }
  return open;
}

/** Never written to: a block is copied when its first mark is set. */
const EMPTY = new Uint8Array(BLOCK_SEQS / 8);

function setMark(block: OpenBlock, seq: number): void {
  if (!block.changed) block.bits = block.bits.slice();
  block.changed = true;
  mark(block.bits, seq);
}

function openCount(
  posts: Map<string, OpenCount>,
  post: string,
  counts: ReadonlyMap<string, CountRow>,
): OpenCount {
  let open = posts.get(post);
  if (open === undefined) {
    const { likes, unlikes, upto } = counts.get(post) ?? {
      likes: 0,
      unlikes: 0,
      upto: NOTHING_YET,
    };
    open = { likes, unlikes, upto, changed: false };
    posts.set(post, open);
  }
  return open;
}

function add(count: OpenCount, { action }: Like): void {
  if (action === 'like') count.likes += 1;
  else count.unlikes += 1;
  count.changed = true;
}

function outOfOrder(lane: string, { source, seq }: Like, offset: bigint): LaneOutOfOrderError {
  const name = `like ${seq} of source ${JSON.stringify(source)}`;
  return new LaneOutOfOrderError(
    `lane ${JSON.stringify(lane)} is counted beyond offset ${offset}, where ${name} stands, and ` +
      'that like was never counted: the lane came out of order, or its queue was made again ' +
      'under the same name and gives its offsets out again; count a queue that was made again ' +
      'under another name, or into another keyspace',
  );
}
