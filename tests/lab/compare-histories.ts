/** Holds the checker against the naive one on random histories. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import { check } from '../../lab/checker.ts';
import { evidenceOf, type Recorder, someHistory } from './made-history.ts';
import { naiveLedger, naiveLostBefore } from './naive-checker.ts';

/** All fields of a ledger. Equal where nothing ever happens would mean nothing. */
const LEDGER_FIELDS = 29;

/** Fails with the smallest history that the two disagree on, and the seed that makes it. */
export async function compareHistories(options: {
  readonly histories: number;
  readonly seed: number;
  readonly openRecorder: (name: string) => Recorder;
}): Promise<void> {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(someHistory, async (history) => {
      const { input, naive } = await evidenceOf(history, options.openRecorder);
      const { ledger, lostBefore } = await check(input);
      const told = { ledger: naiveLedger(naive), lostBefore: naiveLostBefore(naive, input) };
      // The fast way first: this is asked very often.
      if (!isDeepStrictEqual({ ledger, lostBefore }, told)) {
        expect({ ledger, lostBefore }).toStrictEqual(told);
      }
      for (const [field, count] of Object.entries(ledger)) if (count > 0) seen.add(field);
    }),
    { numRuns: options.histories, seed: options.seed },
  );
  expect(seen.size).toBe(LEDGER_FIELDS);
}
