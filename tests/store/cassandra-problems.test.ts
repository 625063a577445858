import { describe, expect, test } from 'vitest';
import { type TallyRows, tallyProblems } from '../../store/cassandra-problems.ts';
import { emptyBlock, mark } from '../../store/marks.ts';

interface Made {
  readonly counted?: number;
  readonly marked?: readonly number[];
  readonly checkpoints?: readonly bigint[];
  readonly upto?: bigint;
}

/** One lane with one post and one block; the checkpoint is another one each time it is read. */
function rowsOf({ counted = 2, marked = [0, 1], checkpoints = [9n], upto = 9n }: Made): TallyRows {
  const bits = emptyBlock();
  for (const seq of marked) mark(bits, seq);
  const lane = 'likes/0';
  let reads = 0;
  return {
    async *countRows() {
      yield { post: 'x', lane, likes: counted, unlikes: 0, upto, isSound: true };
    },
    async *markRows() {
      yield { lane, source: 'a', block: 0, bits, upto: 9n, isSound: true };
    },
    checkpoints: async () => {
      const place = checkpoints[Math.min(reads++, checkpoints.length - 1)]!;
      return [{ lane, upto: place, isSound: true }];
    },
  };
}

describe('looking through a tally store', () => {
  test('finds nothing in a sound one', async () => {
    expect(await tallyProblems(rowsOf({}))).toEqual([]);
  });

  test('finds a count that its marks do not bear out', async () => {
    expect(await tallyProblems(rowsOf({ counted: 3 }))).toEqual([
      'lane "likes/0" has 3 likes and unlikes, but 2 marks',
    ]);
  });

  test('finds a count below zero', async () => {
    const problems = await tallyProblems(rowsOf({ counted: -1, marked: [] }));
    expect(problems[0]).toBe('post "x" in lane "likes/0" is below 0');
  });

  test('does not judge the sums of a lane whose rows are ahead, and says so', async () => {
    const ahead = rowsOf({ counted: 3, upto: 20n });
    expect(await tallyProblems(ahead)).toEqual([
      expect.stringMatching(/^lane "likes\/0" has 1 rows ahead of its checkpoint: a batch of it/),
    ]);
  });

  test('looks again where a lane moves on meanwhile, and is content when it has', async () => {
    const moving = rowsOf({ upto: 20n, checkpoints: [9n, 20n, 20n] });
    expect(await tallyProblems(moving)).toEqual([]);
  });

  test('spells out three findings of a kind and counts the rest', async () => {
    const rows = rowsOf({ marked: [] });
    const many: TallyRows = {
      ...rows,
      async *countRows() {
        for (let post = 0; post < 5; post++) {
          const row = { post: `p${post}`, lane: 'likes/0', likes: 0, unlikes: 0, upto: 1n };
          yield { ...row, isSound: false };
        }
      },
    };
    const problems = await tallyProblems(many);
    expect(problems).toHaveLength(4);
    expect(problems[3]).toBe('2 more like the one before');
  });
});
