import { describe, expect, test } from 'vitest';
import type { Like } from '../../likes/like.ts';
import { LIKES_PER_BATCH, runSmallTrial } from './trial-fixture.ts';

/** The small trial sends a batch every 10 µs and has its answer 1 µs later. */
const okUsOf = (batch: number) => 10 * (batch + 1) + 1;

/** Delivers all but some likes, as a queue does that loses them. */
function losing(...seqs: number[]) {
  return (batches: Like[][]) =>
    batches.map((batch) => batch.filter(({ seq }) => !seqs.includes(seq)));
}

describe('when lost likes were acknowledged', () => {
  test('is not told where none is lost', async () => {
    await using trial = await runSmallTrial();
    const { lostOkUsFirst, lostOkUsLast } = await trial.judged();
    expect({ lostOkUsFirst, lostOkUsLast }).toEqual({});
  });

  test('is told of the first and of the last of them', async () => {
    const [early, late] = [3, 11];
    const lost = [early, late].map((batch) => batch * LIKES_PER_BATCH + 7);
    await using trial = await runSmallTrial({ deliver: losing(...lost) });
    const { ledger, lostOkUsFirst, lostOkUsLast } = await trial.judged();
    expect(ledger.lost).toBe(2);
    expect({ lostOkUsFirst, lostOkUsLast }).toEqual({
      lostOkUsFirst: okUsOf(early),
      lostOkUsLast: okUsOf(late),
    });
  });

  test('is told of each send of a like that was sent twice', async () => {
    const send = (batches: Like[][]) => [...batches, [batches[2]![0]!]];
    const seq = 2 * LIKES_PER_BATCH;
    await using trial = await runSmallTrial({ send, deliver: losing(seq) });
    const { ledger, lostOkUsFirst, lostOkUsLast } = await trial.judged();
    expect(ledger.lost).toBe(1);
    const last = trial.likes.length / LIKES_PER_BATCH;
    expect({ lostOkUsFirst, lostOkUsLast }).toEqual({
      lostOkUsFirst: okUsOf(2),
      lostOkUsLast: okUsOf(last),
    });
  });

  test('is told of each like once, by its last acknowledgement, between the faults', async () => {
    const batchOf = (seq: number) => Math.floor(seq / LIKES_PER_BATCH);
    const [early, again, onTheMoment, late] = [25, 45, 165, 390];
    // The second one is sent once more at the end, after every fault.
    const send = (batches: Like[][]) => [...batches, [batches[batchOf(again)]![again % 20]!]];
    const deliver = losing(early, again, onTheMoment, onTheMoment + 1, late);
    await using trial = await runSmallTrial({ send, deliver });
    const last = trial.likes.length / LIKES_PER_BATCH;
    const moment = okUsOf(batchOf(onTheMoment));
    const momentsUs = [okUsOf(batchOf(early)) + 1, okUsOf(batchOf(again)) + 1, moment];
    const { ledger, lostBefore } = await trial.judged({ momentsUs });
    expect(ledger.lost).toBe(5);
    expect(lostBefore).toEqual([
      { count: 1, okUsFirst: okUsOf(batchOf(early)), okUsLast: okUsOf(batchOf(early)) },
      { count: 0, okUsFirst: undefined, okUsLast: undefined },
      { count: 0, okUsFirst: undefined, okUsLast: undefined },
      // Acknowledged at the very moment counts as after it.
      { count: 4, okUsFirst: moment, okUsLast: okUsOf(last) },
    ]);
  });

  test('is nothing between the faults where none is lost or all is not drained', async () => {
    const none = { count: 0, okUsFirst: undefined, okUsLast: undefined };
    await using trial = await runSmallTrial({ deliver: losing(5) });
    const undrained = await trial.judged({ momentsUs: [50], drained: false });
    expect(undrained.lostBefore).toEqual([none, none]);
    expect((await trial.judged()).lostBefore).toBeUndefined();
    await using clean = await runSmallTrial();
    expect((await clean.judged({ momentsUs: [] })).lostBefore).toEqual([none]);
  });

  test('leaves out likes never acknowledged, and all of a queue not drained', async () => {
    const outcome = ({ seq }: Like) => (seq === 5 ? 'unknown' : 'ok');
    await using trial = await runSmallTrial({ outcome, deliver: losing(5, 45) });
    const { ledger, lostOkUsFirst, lostOkUsLast } = await trial.judged();
    expect(ledger.lost).toBe(1);
    expect([lostOkUsFirst, lostOkUsLast]).toEqual([okUsOf(2), okUsOf(2)]);
    const undrained = await trial.judged({ drained: false });
    expect([undrained.lostOkUsFirst, undrained.lostOkUsLast]).toEqual([undefined, undefined]);
  });
});
