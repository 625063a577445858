import { describe, expect, test } from 'vitest';
import type { KnownLikes } from '../../../lab/checker.ts';
import { type Judgement, judge } from '../../../lab/ledger.ts';
import { checkDirect } from '../../../lab/path/check-direct.ts';
import { RecordWriter } from '../../../lab/record-writer.ts';
import type { SendOutcome } from '../../../likes/like.ts';
import { madeLike } from '../../store/made-likes.ts';
import { recordsFolder } from '../trial-fixture.ts';

/** Three likes and an unlike of one post, and a like of another. */
const LIKES = [
  madeLike('g', 0, { post: 'a', action: 'like' }),
  madeLike('g', 1, { post: 'a', action: 'like' }),
  madeLike('g', 2, { post: 'a', action: 'like' }),
  madeLike('g', 3, { post: 'a', action: 'unlike' }),
  madeLike('g', 4, { post: 'b', action: 'like' }),
];
const COUNTS = [
  { post: 'a', likes: 3, unlikes: 1 },
  { post: 'b', likes: 1, unlikes: 0 },
];

async function checked(
  counts: readonly { post: string; likes: number; unlikes: number }[],
  outcomeOf: (seq: number) => SendOutcome | undefined = () => 'ok',
) {
  using folder = recordsFolder();
  const path = folder.path('gateway');
  {
    using records = new RecordWriter(path);
    for (const like of LIKES) {
      records.attempted(like.seq, [like]);
      const outcome = outcomeOf(like.seq);
      if (outcome) records.outcome(like.seq, [like], outcome);
    }
  }
  let known: KnownLikes | undefined;
  const { ledger } = await checkDirect({
    producerRecords: [path],
    consumerRecords: [],
    stored: { totals: () => ({ marks: 0 }), shards: [{ marks: () => [], counts: () => counts }] },
    parked: [],
    drained: true,
    sums: { attempted: LIKES.length },
    expected: undefined,
    swept: (found) => {
      known = found;
    },
  });
  const judgement: Judgement = judge(ledger, { order: false, survival: true }, []);
  return { ledger, ...judgement, known: known! };
}

describe('counts that the gateway wrote itself', () => {
  test('are right where each post has what was acknowledged for it', async () => {
    const { ledger, verdict, known } = await checked(COUNTS);
    expect(verdict).toBe('pass');
    expect(ledger).toMatchObject({ attempted: 5, ok: 5, counted: 5, residual: 0 });
    expect(LIKES.every(({ seq }) => known.isAcknowledged('g', seq))).toBe(true);
    expect(LIKES.every(({ seq }) => known.isCounted('g', seq))).toBe(true);
  });

  test('that lack a like have lost it, and no other post makes up for it', async () => {
    const { ledger, verdict, known } = await checked([
      { post: 'a', likes: 2, unlikes: 1 },
      { post: 'b', likes: 2, unlikes: 0 },
    ]);
    expect(verdict).toBe('fail');
    expect(ledger).toMatchObject({ lost: 1, doubleEffects: 1, miscountedPosts: 2, residual: 0 });
    expect([0, 3, 4].map((seq) => known.isCounted('g', seq))).toEqual([false, true, true]);
  });

  test('of likes and unlikes do not cancel', async () => {
    const { ledger } = await checked([{ post: 'a', likes: 2, unlikes: 0 }, COUNTS[1]!]);
    expect(ledger).toMatchObject({ lost: 2, doubleEffects: 0 });
  });

  test('of a post that nobody liked are counted twice by somebody', async () => {
    const { ledger, verdict } = await checked([...COUNTS, { post: 'c', likes: 2, unlikes: 0 }]);
    expect(verdict).toBe('fail');
    expect(ledger.doubleEffects).toBe(2);
  });

  test.each([
    [2, { recovered: 0, lost: 0, doubleEffects: 0 }],
    [3, { recovered: 1, lost: 0, doubleEffects: 0 }],
    [4, { recovered: 1, lost: 0, doubleEffects: 1 }],
    [1, { recovered: 0, lost: 1, doubleEffects: 0 }],
  ])('may or may not have a like of unknown outcome: %i of 2 to 3', async (likes, findings) => {
    const stored = [{ post: 'a', likes, unlikes: 1 }, COUNTS[1]!];
    for (const outcome of ['unknown', undefined] as const) {
      const { ledger } = await checked(stored, (seq) => (seq === 1 ? outcome : 'ok'));
      expect(ledger).toMatchObject({ ...findings, ok: 4, unknown: 1, residual: 0 });
    }
  });

  test('may not have a like that was refused', async () => {
    const { ledger } = await checked(COUNTS, (seq) => (seq === 1 ? 'fail' : 'ok'));
    expect(ledger).toMatchObject({ fail: 1, doubleEffects: 1 });
  });
});
