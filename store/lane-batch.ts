/**
 * Exact counts without a transaction over rows, for lanes whose offsets are ordered.
 *
 * A lane is a log: which likes of it are the first of their kind, and so count, depends on nothing
 * but what stands before them. Call `count(P, o)` the likes and unlikes of post P, and `marks(B,
 * o)` the marks of block B, that the likes at offsets up to o make. Three kinds of rows are kept
 * for a lane: for each post (count, upto), for each block (bits, upto), and the checkpoint (upto).
 * Each holds values for its own `upto`, and is written with `upto + 1` as the write's timestamp, so
 * that of two writes to a row the one that knows more of the lane stays, in whatever order they
 * come.
 *
 * A batch is what stands between the checkpoint and its last offset b. It
 *   reads the checkpoint c, then its blocks, then its posts, each at a quorum;
 *   counts in memory (lane-state.ts);
 *   writes the posts for b and waits, then the blocks for b and waits, then the checkpoint b.
 *
 * Claims, at every moment, whoever died or slept in whatever step:
 * 1. A row with `upto` o holds `count(P, o)` or `marks(B, o)`: nothing else is ever written.
 * 2. What the checkpoint covers is in all rows: it is written last, after what was before it.
 * 3. A block's row up to o means that the posts' rows have every counted like up to o of that
 * block:
 *    they were acknowledged before any block's write was sent, or were found to be there already.
 *
 * Why a batch keeps them. Take its like at offset o of post P in block B, c < o <= b.
 * - Its mark is set in what was read of B or by this batch. If B's `upto` is below o, the mark
 * comes
 *   from an earlier offset: the like is a copy and adds nothing. If B's `upto` is o or more, the
 *   like may be a first one, but then (3) P's row has it, and P was read after B: nothing to add.
 * - Its mark is not set. Then B's `upto` is below o (else the lane is not the log that it was: an
 *   error), so it is the first of its kind. If P's `upto` is o or more, P's row has it and only the
 *   mark is missing: an earlier batch got as far as the posts. Else it is added.
 * So the rows that it writes are true for b (1). It waits between the kinds of rows (2, 3), and
 * what it found written ahead of the checkpoint it leaves alone; a read at a quorum that has
 * returned a row has seen to it that a quorum has that row.
 * - A batch that comes again, cut differently, finds more rows ahead, and by the above adds to each
 *   what it lacks. One that is wholly below the checkpoint finds its marks and writes nothing.
 * - A sleeper that wakes writes rows that were true for its b. Where others went on, its timestamps
 *   lose; where they did not, it is ahead of the checkpoint, which the above allows for.
 * - Two at once are each other's sleepers. Two that write the same `upto` write the same values.
 *
 * What it rests on. Whoever hands out batches begins behind nothing that is not stored yet (so does
 * each consumer that acknowledges after `apply`, and takes up what is not acknowledged first); a
 * lane's likes stand in that lane for ever and in no other; reads and writes of a quorum. With ONE,
 * (2) and (3) fail when a node is behind. Marks of a like in two lanes are found by an audit.
 *
 * Rows are kept in memory between the batches of a lane: those that are complete up to the
 * checkpoint and not ahead of it, which does not go out of date, whatever others do. A block that
 * turns out to be ahead makes all posts be forgotten and read again, after it: it takes likes for
 * seen that no row in memory has.
 */
import type { PartObserver } from './count-store.ts';
import {
  type BlockKey,
  blockOfLike,
  type CountRow,
  countLaneBatch,
  type LaneLike,
  type LaneWrites,
  type MarkRow,
  NOTHING_YET,
  nameOfBlock,
  withoutMark,
} from './lane-state.ts';

/** The rows of one lane, wherever they are. Rows that are not there are left out of answers. */
export interface LaneTables {
  readonly lane: string;
  /** NOTHING_YET when there is none. */
  readCheckpoint(): Promise<bigint>;
  /** By `nameOfBlock`. */
  readMarks(blocks: readonly BlockKey[]): Promise<ReadonlyMap<string, MarkRow>>;
  readCounts(posts: readonly string[]): Promise<ReadonlyMap<string, CountRow>>;
  /** Each resolves when all rows are acknowledged; timestamps are `upto + 1`. */
  writeCounts(rows: LaneWrites['counts']): Promise<void>;
  writeMarks(rows: LaneWrites['marks']): Promise<void>;
  writeCheckpoint(upto: bigint): Promise<void>;
}

/** Posts of a lane that are kept in memory: about 3 MB. The others are read again when needed. */
const COUNT_ROWS_KEPT_MAX = 20_000;
/** Blocks of a lane that are kept in memory: half a kilobyte each. */
const MARK_ROWS_KEPT_MAX = 1_000;

/** Rows of a lane as of its checkpoint. For one batch at a time. */
export class LaneCache {
  readonly #limits: { readonly counts: number; readonly marks: number };
  #checkpoint = NOTHING_YET;
  #counts = new Map<string, CountRow>();
  #marks = new Map<string, MarkRow>();

  constructor(limits = { counts: COUNT_ROWS_KEPT_MAX, marks: MARK_ROWS_KEPT_MAX }) {
    this.#limits = limits;
  }

  /** Whoever finds another checkpoint than the last one has a lane that others counted. */
  startAt(checkpoint: bigint): void {
    if (checkpoint === this.#checkpoint) return;
    this.forget();
    this.#checkpoint = checkpoint;
  }

  forget(): void {
    this.#checkpoint = NOTHING_YET;
    this.#counts.clear();
    this.#marks.clear();
  }

  forgetCounts(): void {
    this.#counts.clear();
  }

  count(post: string): CountRow | undefined {
    return this.#counts.get(post);
  }

  marks(block: BlockKey): MarkRow | undefined {
    return this.#marks.get(nameOfBlock(block));
  }

  /** After a batch: what was read for it, then what it has written. */
  keep(
    checkpoint: bigint,
    counts: Iterable<readonly [string, CountRow]>,
    marks: Iterable<readonly [string, MarkRow]>,
  ): void {
    this.#checkpoint = checkpoint;
    for (const [post, row] of counts) {
      if (row.upto <= checkpoint) keepLast(this.#counts, post, row, this.#limits.counts);
    }
    for (const [name, row] of marks) {
      if (row.upto <= checkpoint) keepLast(this.#marks, name, row, this.#limits.marks);
    }
  }
}

function keepLast<Row>(rows: Map<string, Row>, name: string, row: Row, limit: number): void {
  // What was used last goes to the end; what was used longest ago is at the beginning.
  rows.delete(name);
  rows.set(name, row);
  if (rows.size > limit) rows.delete(rows.keys().next().value!);
}

/**
 * Counts one batch of a lane, in the order of offsets. Of those of one process, one at a time.
 * Rejects with LaneOutOfOrderError, or with what the tables rejected with; nothing is lost then.
 */
export async function applyLaneBatch(
  tables: LaneTables,
  cache: LaneCache,
  batch: readonly LaneLike[],
  written?: PartObserver,
): Promise<Pick<LaneWrites, 'fresh' | 'seen'>> {
  try {
    const checkpoint = await tables.readCheckpoint();
    cache.startAt(checkpoint);
    const marks = await marksOf(batch, tables, cache);
    const counts = await countsOf(withoutMark(batch, marks), { checkpoint, marks }, tables, cache);
    const writes = countLaneBatch(tables.lane, batch, { checkpoint, marks, counts });
    if (writes.counts.length > 0) await tables.writeCounts(writes.counts);
    written?.('counts');
    if (writes.marks.length > 0) await tables.writeMarks(writes.marks);
    written?.('marks');
    if (writes.advances) await tables.writeCheckpoint(writes.upto);
    for (const row of writes.counts) counts.set(row.post, row);
    for (const row of writes.marks) marks.set(nameOfBlock(row), row);
    cache.keep(writes.advances ? writes.upto : checkpoint, counts, marks);
    return { fresh: writes.fresh, seen: writes.seen };
  } catch (error) {
    cache.forget();
    throw error;
  }
}

async function marksOf(
  batch: readonly LaneLike[],
  tables: LaneTables,
  cache: LaneCache,
): Promise<Map<string, MarkRow>> {
  const marks = new Map<string, MarkRow>();
  const missing = new Map<string, BlockKey>();
  for (const { like } of batch) {
    const block = blockOfLike(like);
    const kept = cache.marks(block);
    if (kept === undefined) missing.set(nameOfBlock(block), block);
    else marks.set(nameOfBlock(block), kept);
  }
  if (missing.size === 0) return marks;
  for (const [name, row] of await tables.readMarks([...missing.values()])) marks.set(name, row);
  return marks;
}

async function countsOf(
  likes: readonly LaneLike[],
  { checkpoint, marks }: { checkpoint: bigint; marks: ReadonlyMap<string, MarkRow> },
  tables: LaneTables,
  cache: LaneCache,
): Promise<Map<string, CountRow>> {
  // A mark ahead of the checkpoint says that a post's row has its like. Not one read before it.
  if ([...marks.values()].some(({ upto }) => upto > checkpoint)) cache.forgetCounts();
  const counts = new Map<string, CountRow>();
  const missing = new Set<string>();
  for (const { like } of likes) {
    const kept = cache.count(like.post);
    if (kept === undefined) missing.add(like.post);
    else counts.set(like.post, kept);
  }
  if (missing.size === 0) return counts;
  for (const [post, row] of await tables.readCounts([...missing])) counts.set(post, row);
  return counts;
}
