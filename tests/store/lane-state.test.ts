import { describe, expect, test } from 'vitest';
import {
  blockOfLike,
  countLaneBatch,
  type LaneLike,
  type LaneRows,
  NOTHING_YET,
  nameOfBlock,
} from '../../store/lane-state.ts';
import { emptyBlock, isMarked, mark } from '../../store/marks.ts';
import { madeLike } from './made-likes.ts';

const NO_ROWS: LaneRows = { checkpoint: NOTHING_YET, marks: new Map(), counts: new Map() };

/** Likes of source a with these seqs, at these offsets, all of post x. */
function batchOf(...likes: [offset: bigint, seq: number][]): LaneLike[] {
  return likes.map(([offset, seq], place) => {
    return { offset, place, like: madeLike('a', seq, { post: 'x', action: 'like' }) };
  });
}

function marksOf(upto: bigint, ...seqs: number[]) {
  const bits = emptyBlock();
  for (const seq of seqs) mark(bits, seq);
  return new Map([[nameOfBlock(blockOfLike(madeLike('a', 0))), { bits, upto }]]);
}

describe('a batch of a lane', () => {
  test('is written for its last offset, counts added to those that were there', () => {
    const counts = new Map([['x', { likes: 5, unlikes: 2, upto: 10n }]]);
    const rows = { checkpoint: 10n, marks: marksOf(10n, 1), counts };
    const writes = countLaneBatch('lane', batchOf([11n, 1], [12n, 2], [15n, 3], [20n, 3]), rows);
    expect(writes).toMatchObject({
      upto: 20n,
      counts: [{ post: 'x', likes: 7, unlikes: 2, upto: 20n }],
      marks: [{ source: 'a', block: 0, upto: 20n }],
      advances: true,
      fresh: [1, 2],
      seen: [0, 3],
    });
    const { bits } = writes.marks[0]!;
    expect([0, 1, 2, 3, 4].map((seq) => isMarked(bits, seq))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    // What was read is as it was: it may be asked again.
    expect(isMarked(rows.marks.values().next().value!.bits, 2)).toBe(false);
  });

  test('adds nothing to a post whose row is ahead, and sets the mark that is missing', () => {
    const counts = new Map([['x', { likes: 1, unlikes: 0, upto: 12n }]]);
    const writes = countLaneBatch('lane', batchOf([12n, 2]), {
      ...NO_ROWS,
      checkpoint: 11n,
      counts,
    });
    expect(writes.counts).toEqual([]);
    expect(writes.marks).toHaveLength(1);
    expect(writes.fresh).toEqual([0]);
  });

  test('that has been counted is seen again, and nothing is written', () => {
    const rows = { ...NO_ROWS, checkpoint: 30n, marks: marksOf(30n, 1, 2) };
    expect(countLaneBatch('lane', batchOf([20n, 1], [25n, 2]), rows)).toEqual({
      upto: 25n,
      counts: [],
      marks: [],
      advances: false,
      fresh: [],
      seen: [0, 1],
    });
  });

  test.each([
    ['the checkpoint', { ...NO_ROWS, checkpoint: 20n }],
    ["its block's offset", { ...NO_ROWS, marks: marksOf(20n, 7) }],
  ])('with a like that stands before %s and has no mark is refused, with what to do', (_, rows) => {
    expect(() => countLaneBatch('likes/3', batchOf([20n, 1]), rows)).toThrow(
      expect.objectContaining({
        code: 'LANE_OUT_OF_ORDER',
        message: expect.stringMatching(
          /lane "likes\/3" .* offset 20, where like 1 of source "a" .* under another name/,
        ),
      }),
    );
  });
});
