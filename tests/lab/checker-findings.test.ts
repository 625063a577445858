import { describe, expect, test } from 'vitest';
import { encodeLike } from '../../likes/like.ts';
import { emptyBlock, mark } from '../../store/marks.ts';
import { shardsOf } from '../store/store-folder.ts';
import {
  CLEAN,
  LIKES,
  LIKES_PER_BATCH,
  runSmallTrial,
  SOURCE,
  shardOf,
  smallLike,
} from './trial-fixture.ts';

/** The like that most faults here happen to. */
const SEQ = 123;
const POST = smallLike(SEQ).post;
const STRANGER = smallLike(5, { source: 'of another trial' });

describe('the checker finds by name, and fails for,', () => {
  test('a like that was delivered and acknowledged, but not counted', async () => {
    await using trial = await runSmallTrial({
      store: (batch) => batch.filter(({ seq }) => seq !== SEQ),
    });
    const { ledger, verdict, reasons } = await trial.judged();
    expect(ledger).toEqual({ ...CLEAN, counted: LIKES - 1, lost: 1, unexpectedPosts: 1 });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^1 lost/);
  });

  test('a like that the queue dropped', async () => {
    await using trial = await runSmallTrial({
      deliver: (batches) => batches.map((batch) => batch.filter(({ seq }) => seq !== SEQ)),
    });
    const { ledger, reasons } = await trial.judged({ expected: undefined });
    expect(ledger).toMatchObject({ lost: 1, stuck: 0, residual: 0, expectedPosts: undefined });
    expect(reasons).toEqual(['1 lost: acknowledged, never counted']);
  });

  test('a queue that the server never calls drained, although all likes are counted', async () => {
    await using trial = await runSmallTrial();
    const { ledger, verdict, reasons } = await trial.judged({ drained: false, left: 7 });
    expect(ledger).toMatchObject({ lost: 0, stuck: 7, counted: LIKES, residual: 0 });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^7 stuck/);
  });

  test('the same like as stuck, not lost, where the queue is not drained', async () => {
    await using trial = await runSmallTrial({
      deliver: (batches) => batches.map((batch) => batch.filter(({ seq }) => seq !== SEQ)),
    });
    const { ledger, verdict, reasons } = await trial.judged({
      drained: false,
      expected: undefined,
    });
    expect(ledger).toMatchObject({ lost: 0, stuck: 1, residual: 0 });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^1 stuck/);
  });

  test.each(['likes', 'unlikes'])('%s of a post that were raised twice', async (column) => {
    await using trial = await runSmallTrial();
    await trial.tamperWith(
      POST,
      `UPDATE counts SET ${column} = ${column} + 1 WHERE post = '${POST}'`,
    );
    const { ledger, verdict, reasons } = await trial.judged();
    expect(ledger).toEqual({
      ...CLEAN,
      doubleEffects: 1,
      miscountedPosts: 1,
      miscountedLikes: 1,
      miscountedLikesMax: 1,
      unexpectedPosts: 1,
    });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^1 double effects/);
  });

  test('a loss and a double effect of the same post, which no sum shows', async () => {
    await using trial = await runSmallTrial({
      store: (batch) => batch.filter(({ seq }) => seq !== SEQ),
    });
    const column = smallLike(SEQ).action === 'like' ? 'likes' : 'unlikes';
    await trial.tamperWith(
      POST,
      `UPDATE counts SET ${column} = ${column} + 1 WHERE post = '${POST}'`,
    );
    const { ledger, reasons } = await trial.judged();
    expect(ledger).toMatchObject({ lost: 1, doubleEffects: 1, unexpectedPosts: 0, residual: 0 });
    expect(reasons.join()).toMatch(/1 lost.*1 double effects.*1 miscounted posts/);
  });

  test('a like and an unlike of a post, both raised, so that the count is right', async () => {
    await using trial = await runSmallTrial();
    await trial.tamperWith(POST, 'UPDATE counts SET likes = likes + 1, unlikes = unlikes + 1');
    const { ledger, verdict } = await trial.judged();
    expect(ledger.doubleEffects).toBeGreaterThanOrEqual(2);
    expect(verdict).toBe('fail');
  });

  test('a like that two shards hold a mark of', async () => {
    await using trial = await runSmallTrial();
    const owner = await shardOf(trial.store, POST);
    const other = shardsOf(trial.store).find(({ index }) => index !== owner)!;
    await other.apply([smallLike(SEQ)], [0], await other.slotMapVersion());
    const { ledger, verdict, reasons } = await trial.judged();
    expect(ledger).toMatchObject({ counted: LIKES, doubleEffects: 1, residual: 0 });
    expect(verdict).toBe('fail');
    expect(reasons[0]).toMatch(/^1 double effects/);
  });

  test('a mark of the same like in another shard, also where no count shows it', async () => {
    await using trial = await runSmallTrial();
    const bits = emptyBlock();
    mark(bits, SEQ);
    const other = { marks: () => [{ source: SOURCE, block: 0, bits }], counts: () => [] };
    const totals = () => ({ marks: LIKES + 1 });
    const { ledger, verdict } = await trial.judged({
      stored: { shards: [...trial.store.shards, other], totals },
    });
    expect(ledger).toEqual({ ...CLEAN, doubleEffects: 1 });
    expect(verdict).toBe('fail');
  });

  test('marks that the shards add up to another number than they show', async () => {
    await using trial = await runSmallTrial();
    const totals = () => ({ marks: LIKES - 3 });
    const { ledger, verdict } = await trial.judged({
      stored: { shards: trial.store.shards, totals },
    });
    expect(ledger).toEqual({ ...CLEAN, residual: 3 });
    expect(verdict).toBe('unknown');
  });

  test('a like that the consumers saw counted by two commits', async () => {
    await using trial = await runSmallTrial({
      recordFresh: (fresh) => fresh.flatMap((like) => (like.seq === SEQ ? [like, like] : [like])),
    });
    const { ledger, verdict } = await trial.judged();
    expect(ledger).toEqual({ ...CLEAN, doubleEffects: 1 });
    expect(verdict).toBe('fail');
  });

  test('two batches in swapped order, with the distance of the worst like', async () => {
    await using trial = await runSmallTrial({
      deliver: ([one, two, three, ...rest]) => [one!, three!, two!, ...rest],
    });
    const { ledger, verdict, reasons } = await trial.judged();
    // Batch `two` holds seqs 20 to 39, `three` 40 to 59, a post has every 7th: 39 comes after 53,
    // 38 after 59, and 20 after 55, which is the largest distance.
    expect(ledger).toEqual({
      ...CLEAN,
      inversions: LIKES_PER_BATCH,
      inversionSeqsMax: worstDistance(),
    });
    expect(verdict).toBe('fail');
    expect(reasons).toEqual([`${LIKES_PER_BATCH} inversions: order was promised per post`]);
  });

  test('a like that came late, also where its one send had no answer', async () => {
    await using trial = await runSmallTrial({
      outcome: ({ seq }) => (seq === 3 ? 'unknown' : 'ok'),
      deliver: ([one, two, ...rest]) => [one!.toSpliced(3, 1), [...two!, one![3]!], ...rest],
    });
    const { ledger, verdict } = await trial.judged();
    expect(ledger).toMatchObject({ inversions: 1, unknown: 1, sentAgain: 0 });
    expect(verdict).toBe('fail');
  });

  test('a like of another trial that was delivered and not counted', async () => {
    await using trial = await runSmallTrial({
      deliver: ([first, ...rest]) => [[...first!, STRANGER], ...rest],
      store: (batch) => batch.filter((like) => like !== STRANGER),
    });
    const { ledger, verdict, reasons } = await trial.judged();
    expect(ledger).toEqual({ ...CLEAN, phantom: 1 });
    expect(verdict).toBe('fail');
    expect(reasons).toEqual(['1 phantom: never attempted in this trial']);
  });

  test('a like of another trial that was counted without a delivery', async () => {
    await using trial = await runSmallTrial();
    await trial.store.apply([STRANGER]);
    const { ledger, verdict, reasons } = await trial.judged();
    expect(ledger).toMatchObject({ counted: LIKES, phantom: 1, unexpectedPosts: 1 });
    expect(verdict).toBe('fail');
    expect(reasons.join()).toMatch(/1 phantom/);
  });

  test('a seq that the trial never reached, of its own source', async () => {
    await using trial = await runSmallTrial();
    await trial.store.apply([smallLike(LIKES + 5_000_000)]);
    expect((await trial.judged()).ledger).toMatchObject({ counted: LIKES, phantom: 1 });
  });

  test('a like of another trial that was parked', async () => {
    await using trial = await runSmallTrial();
    const { ledger, verdict } = await trial.judged({ parked: [encodeLike(STRANGER)] });
    expect(ledger).toEqual({ ...CLEAN, parked: 1, wronglyParked: 1, phantom: 1 });
    expect(verdict).toBe('fail');
  });

  test('a like that was counted on another post', async () => {
    await using trial = await runSmallTrial({
      store: (batch) =>
        batch.map((like) => (like.seq === SEQ ? { ...like, post: 'post-0' } : like)),
    });
    const { ledger, verdict, reasons } = await trial.judged();
    expect(POST).not.toBe('post-0');
    expect(ledger).toMatchObject({
      counted: LIKES,
      lost: 0,
      miscountedPosts: 2,
      miscountedLikes: 2,
      miscountedLikesMax: 1,
      unexpectedPosts: 2,
      residual: 0,
    });
    expect(verdict).toBe('fail');
    expect(reasons.join()).toMatch(/2 miscounted posts/);
  });

  test('a like that was counted as an unlike', async () => {
    await using trial = await runSmallTrial({
      store: (batch) =>
        batch.map((like) => (like.seq === SEQ ? { ...like, action: opposite(like.action) } : like)),
    });
    const { ledger, verdict } = await trial.judged({ expected: undefined });
    expect(ledger).toMatchObject({ miscountedPosts: 1, miscountedLikes: 2, miscountedLikesMax: 1 });
    expect(verdict).toBe('fail');
  });

  test('a like that was reported as refused, and delivered', async () => {
    await using trial = await runSmallTrial({
      outcome: ({ seq }) => (seq === SEQ ? 'fail' : 'ok'),
    });
    const { ledger, verdict, reasons } = await trial.judged();
    expect(ledger).toEqual({ ...CLEAN, ok: LIKES - 1, fail: 1, revived: 1 });
    expect(verdict).toBe('fail');
    expect(reasons).toEqual(['1 revived: reported as refused, yet delivered']);
  });

  test('a like that was parked although it could have been counted', async () => {
    await using trial = await runSmallTrial({
      store: (batch) => batch.filter(({ seq }) => seq !== SEQ),
    });
    const parked = [encodeLike(smallLike(SEQ))];
    const { ledger, verdict, reasons } = await trial.judged({ parked });
    expect(ledger).toMatchObject({ lost: 0, parked: 1, wronglyParked: 1, residual: 0 });
    expect(verdict).toBe('fail');
    expect(reasons.join()).toMatch(/1 wrongly parked/);
  });

  test('a post with another count than the file it was made from', async () => {
    await using trial = await runSmallTrial();
    const expected = new Map(trial.input.expected);
    expected.set(POST, { likes: 1, unlikes: 2 });
    expected.set('never counted', { likes: 3, unlikes: 0 });
    expected.set('never liked', { likes: 0, unlikes: 0 });
    const { ledger, verdict, reasons } = await trial.judged({ expected });
    expect(ledger).toEqual({ ...CLEAN, unexpectedPosts: 2, expectedPosts: 9 });
    expect(verdict).toBe('fail');
    expect(reasons).toEqual(['2 posts with another count than the file they were made from']);
  });
});

function opposite(action: 'like' | 'unlike'): 'like' | 'unlike' {
  return action === 'like' ? 'unlike' : 'like';
}

/** By trying all pairs of the two swapped batches. */
function worstDistance(): number {
  let worst = 0;
  for (let late = 20; late < 40; late++) {
    for (let early = 40; early < 60; early++) {
      if (smallLike(late).post === smallLike(early).post) worst = Math.max(worst, early - late);
    }
  }
  return worst;
}
