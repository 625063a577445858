import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkStates } from '../../lab/check-states.ts';
import { naiveStatesLedger } from './naive-states.ts';
import { someStatesHistory, statesEvidenceOf } from './states-history.ts';

const HISTORIES = 6_000;
const SEED = 20_171_114;
/** What nothing here tells: orders, times, files and logs, which the other checker's test holds. */
const NOT_COMPARED = new Set([
  'inversions',
  'inversionSeqsMax',
  'late',
  'offsetConflicts',
  'offsetGaps',
  'storedAgain',
  'splitPosts',
  'expectedPosts',
  'unexpectedPosts',
]);

test('the checker says of any small history what lists of likes say of it', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(someStatesHistory, async (history) => {
      const { input, naive } = await statesEvidenceOf(history);
      const { ledger } = await checkStates(input);
      const told = Object.entries(ledger).filter(([field]) => !NOT_COMPARED.has(field));
      expect(Object.fromEntries(told)).toStrictEqual(naiveStatesLedger(naive));
      for (const [field, count] of told) if ((count ?? 0) > 0) seen.add(field);
    }),
    { numRuns: HISTORIES, seed: SEED },
  );
  // Equal where nothing ever happens would mean nothing.
  const never = Object.keys(naiveStatesLedger(EMPTY)).filter((field) => !seen.has(field));
  expect(never).toEqual([]);
}, 120_000);

const EMPTY = {
  ...{ sends: [], deliveries: [], told: [], rows: [], counts: [], parkedLikes: [] },
  ...{ rowsHidden: 0, poison: 0, drained: true, attemptedSum: 0, misrecorded: 0 },
  owns: () => true,
};
