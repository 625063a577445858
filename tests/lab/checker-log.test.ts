import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../brokers/broker.ts';
import { encodeLike, type Like } from '../../likes/like.ts';
import { LIKES, runSmallTrial, smallLike } from './trial-fixture.ts';

function entry(lane: number, position: number, text: string): LogEntry {
  return { lane, position, text };
}

/** One lane that begins at any place, as after the server has dropped what was before it. */
function logOf(likes: readonly Like[], first = 1_000_000): LogEntry[] {
  return likes.map((like, index) => entry(0, first + index, encodeLike(like)));
}

const likes = Array.from({ length: LIKES }, (_, seq) => smallLike(seq));

async function foundIn(log: readonly LogEntry[], logAgain?: readonly LogEntry[]) {
  await using trial = await runSmallTrial();
  const { ledger, verdict } = await trial.judged({ log, logAgain });
  const { offsetConflicts, offsetGaps, storedAgain, splitPosts, phantom } = ledger;
  return { offsetConflicts, offsetGaps, storedAgain, splitPosts, phantom, verdict };
}

const NOTHING = { offsetConflicts: 0, offsetGaps: 0, storedAgain: 0, splitPosts: 0, phantom: 0 };

describe('the log of a server', () => {
  test('says nothing where the broker has none', async () => {
    await using trial = await runSmallTrial();
    const { offsetConflicts, offsetGaps, storedAgain, splitPosts } = (await trial.judged()).ledger;
    expect([offsetConflicts, offsetGaps, storedAgain, splitPosts]).toEqual(
      Array(4).fill(undefined),
    );
  });

  test('may begin anywhere, be empty, be read backwards, and hold what is no like', async () => {
    const clean = { ...NOTHING, verdict: 'pass' };
    expect(await foundIn([])).toEqual(clean);
    const poison = entry(0, 1_000_000 + LIKES, 'no like');
    const log = [...logOf(likes), poison, entry(3, 0, 'no like')];
    expect(await foundIn(log, log)).toEqual(clean);
    // The checker takes places as they come, whatever their order.
    expect(await foundIn(log.toReversed())).toEqual(clean);
  });

  test('has gaps where places between the first and the last hold nothing', async () => {
    const log = logOf(likes).filter((_, index) => index !== 17 && index !== 300);
    expect(await foundIn(log)).toEqual({ ...NOTHING, offsetGaps: 2, verdict: 'fail' });
    // Each lane has its own.
    const far = [...logOf(likes), entry(1, 5, 'no like'), entry(1, 2 ** 40, 'no like')];
    expect((await foundIn(far)).offsetGaps).toBe(2 ** 40 - 6);
  });

  test('has a conflict at each place that two readings tell differently', async () => {
    const log = logOf(likes);
    const text = encodeLike(likes[0]!);
    const again = [...log.with(7, { ...log[7]!, text }).slice(0, -2), entry(2, 0, 'more')];
    const { offsetConflicts, verdict } = await foundIn(log, again);
    // One with another like, two that the second lacks, one that only the second has.
    expect({ offsetConflicts, verdict }).toEqual({ offsetConflicts: 4, verdict: 'fail' });
  });

  test('has a conflict where poison has become other poison', async () => {
    const [one, other] = ['no like', 'no lake'].map((text) => [...logOf(likes), entry(1, 0, text)]);
    expect(await foundIn(one!, other)).toEqual({ ...NOTHING, offsetConflicts: 1, verdict: 'fail' });
  });

  test('tells copies that a send explains from copies that none does', async () => {
    const resent = likes[9]!;
    await using trial = await runSmallTrial({
      send: (batches) => [...batches, [resent], [resent]],
    });
    const log = (copies: number) => logOf([...likes, ...Array<Like>(copies).fill(resent)]);
    const storedAgain = async (copies: number) =>
      (await trial.judged({ log: log(copies) })).ledger.storedAgain;
    expect(await Promise.all([0, 1, 2, 3, 5].map(storedAgain))).toEqual([0, 0, 0, 1, 3]);
    // A second reading of the same places is no copy.
    const readTwice = await trial.judged({ log: log(3), logAgain: log(3) });
    expect(readTwice.ledger.storedAgain).toBe(1);
  });

  test('shows a post in two lanes, which breaks a promise of order and no other', async () => {
    const log = logOf(likes).with(3, entry(1, 0, encodeLike(likes[3]!)));
    const sound = [...log, entry(0, 1_000_003, 'no like')];
    expect(await foundIn(sound)).toEqual({ ...NOTHING, splitPosts: 1, verdict: 'fail' });
    await using trial = await runSmallTrial();
    const unordered = await trial.judged({ log: sound, promised: { order: false } });
    expect(unordered).toMatchObject({ verdict: 'pass', ledger: { splitPosts: 1 } });
  });

  test('shows likes that nobody sent', async () => {
    const stranger = smallLike(LIKES + 1);
    const { phantom, storedAgain, verdict } = await foundIn(logOf([...likes, stranger]));
    expect({ phantom, storedAgain, verdict }).toEqual({
      phantom: 1,
      storedAgain: 0,
      verdict: 'fail',
    });
  });
});
