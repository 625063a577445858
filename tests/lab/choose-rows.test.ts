import { describe, expect, test } from 'vitest';
import { chooseRows, type LocatedRun } from '../../lab/choose-rows.ts';
import { RESULT_FORMAT, type TrialResult } from '../../lab/trial-result.ts';
import { madeResult } from './made-result.ts';

function runOf(run: string, brokers: readonly string[]): LocatedRun {
  const results = brokers.map((broker) => madeResult({ run, broker }));
  const startedAt = '2026-01-02T03:04:05.000Z';
  const facts = { run, startedAt, command: 'lab', profile: 'quick', complete: true, trials: [] };
  return { run: { index: { format: RESULT_FORMAT, ...facts }, results }, indexPath: `${run}.json` };
}

const all = (results: readonly TrialResult[]) => results;
const byBroker = ({ broker }: TrialResult) => broker;
const shown = (chosen: ReturnType<typeof chooseRows>) =>
  chosen.map(({ located, results }) => [located.run.index.run, results.map(byBroker)]);

const runs = [runOf('new', ['kafka']), runOf('old', ['kafka', 'sqs', 'sqs']), runOf('empty', [])];

describe('the rows of several runs', () => {
  test('are those of the newest run that has them', () => {
    expect(shown(chooseRows(runs, all, byBroker))).toEqual([
      ['new', ['kafka']],
      ['old', ['sqs', 'sqs']],
    ]);
  });

  test('are those of an older one where that outweighs it', () => {
    const isOld = (older: readonly TrialResult[]) => older[0]!.run === 'old';
    expect(shown(chooseRows(runs, all, byBroker, isOld))).toEqual([
      ['old', ['kafka', 'sqs', 'sqs']],
    ]);
  });

  test('are only those that an experiment shows', () => {
    const none = (results: readonly TrialResult[]) =>
      results.filter(({ broker }) => broker !== 'kafka');
    expect(shown(chooseRows(runs, none, byBroker))).toEqual([['old', ['sqs', 'sqs']]]);
  });
});
