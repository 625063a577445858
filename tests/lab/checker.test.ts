import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rowsOf } from '../store/made-likes.ts';
import { CLEAN, LIKES, LIKES_PER_BATCH, runSmallTrial } from './trial-fixture.ts';

/** The like that most of this happens to. */
const SEQ = 123;

test('a clean trial has no finding, no residual, and passes', async () => {
  await using trial = await runSmallTrial();
  const { ledger, truncations, verdict, reasons } = await trial.judged();
  expect(ledger).toEqual(CLEAN);
  expect({ truncations, verdict, reasons }).toEqual({
    truncations: [],
    verdict: 'pass',
    reasons: [],
  });
});

describe('allowed and still reported:', () => {
  test('a like whose send timed out and that was counted', async () => {
    await using trial = await runSmallTrial({
      outcome: ({ seq }) => (seq === SEQ ? 'unknown' : 'ok'),
    });
    const { ledger, verdict } = await trial.judged();
    expect(ledger).toEqual({ ...CLEAN, ok: LIKES - 1, unknown: 1, recovered: 1 });
    expect(verdict).toBe('pass');
  });

  test('likes whose sends timed out or were refused and that never came', async () => {
    await using trial = await runSmallTrial({
      outcome: ({ seq }) => (seq === SEQ ? 'fail' : seq === SEQ + 1 ? 'unknown' : 'ok'),
      deliver: (batches) =>
        batches.map((batch) => batch.filter(({ seq }) => seq !== SEQ && seq !== SEQ + 1)),
    });
    const { ledger, verdict } = await trial.judged({ expected: undefined });
    expect(ledger).toMatchObject({ ok: LIKES - 2, fail: 1, unknown: 1, lost: 0, residual: 0 });
    expect(verdict).toBe('pass');
  });

  test('a batch that was delivered twice', async () => {
    await using trial = await runSmallTrial({
      deliver: ([one, two, ...rest]) => [one!, two!, one!, ...rest],
    });
    const { ledger, verdict } = await trial.judged();
    expect(ledger).toEqual({ ...CLEAN, redelivered: LIKES_PER_BATCH });
    expect(verdict).toBe('pass');
  });

  test('a like that its client sent twice', async () => {
    await using trial = await runSmallTrial({
      send: ([one, two, ...rest]) => [one!, [...two!, one![3]!], ...rest],
    });
    const { ledger, verdict } = await trial.judged();
    expect(ledger).toEqual({ ...CLEAN, sentAgain: 1, redelivered: 1 });
    expect(verdict).toBe('pass');
  });

  test('a like that was sent twice without an answer and came by its second send', async () => {
    // The first send was lost on its way, so it comes behind likes that were sent after that one.
    await using trial = await runSmallTrial({
      send: ([one, two, ...rest]) => [one!, [...two!, one![3]!], ...rest],
      outcome: ({ seq }) => (seq === 3 ? 'unknown' : 'ok'),
      deliver: ([one, ...rest]) => [one!.toSpliced(3, 1), ...rest],
    });
    const { ledger, verdict } = await trial.judged();
    const sent = { ok: LIKES - 1, unknown: 1, recovered: 1, sentAgain: 1 };
    expect(ledger).toEqual({ ...CLEAN, ...sent });
    expect(verdict).toBe('pass');
  });

  test('poison that nobody can decode, parked', async () => {
    await using trial = await runSmallTrial();
    const { ledger, verdict } = await trial.judged({ parked: ['no like', '{"format":9}'] });
    expect(ledger).toEqual({ ...CLEAN, parked: 2 });
    expect(verdict).toBe('pass');
  });
});

describe('not judged, and so never passed:', () => {
  test('a trial in which nothing was acknowledged', async () => {
    await using trial = await runSmallTrial({ outcome: () => 'unknown' });
    const { ledger, verdict, reasons } = await trial.judged();
    expect(ledger).toMatchObject({ ok: 0, unknown: LIKES, recovered: LIKES });
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: ['no like was acknowledged'],
    });
  });

  test('a trial whose producers say they sent another number than they recorded', async () => {
    await using trial = await runSmallTrial();
    const { ledger, verdict, reasons } = await trial.judged({ sums: { attempted: LIKES + 3 } });
    expect(ledger).toEqual({ ...CLEAN, residual: 3 });
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: ['the ledger has a residual of 3'],
    });
  });

  test('a trial with records that end in the middle', async () => {
    await using trial = await runSmallTrial();
    const [path] = trial.input.consumerRecords;
    truncateSync(path!, readFileSync(path!).length - 3);
    const { truncations, verdict, reasons } = await trial.judged();
    expect(truncations).toEqual([{ path, bytesLost: expect.any(Number) }]);
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: [`${path} is cut off`],
    });
  });

  test('a trial with a foreign file among its records', async () => {
    await using trial = await runSmallTrial();
    writeFileSync(trial.input.producerRecords[0]!, 'something else');
    await expect(trial.judged()).rejects.toMatchObject({ code: 'RECORDS_UNREADABLE' });
  });
});

test('seqs on both sides of the border between two blocks of marks are told apart', async () => {
  await using trial = await runSmallTrial({
    send: (batches) =>
      batches.map((batch) => batch.map((like) => ({ ...like, seq: like.seq + 4_000 }))),
  });
  expect((await trial.judged()).ledger).toEqual(CLEAN);
  const blocks = await rowsOf(trial.store, (shard) => shard.marks());
  expect(new Set(blocks.map(({ block }) => block))).toEqual(new Set([0, 1]));
});
