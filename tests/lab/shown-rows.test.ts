import { expect, test } from 'vitest';
import type { LocatedRun } from '../../lab/choose-rows.ts';
import { chosenParts } from '../../lab/shown-rows.ts';
import { madeExperiment, madeResult } from './made-result.ts';
import { madeRun } from './made-run.ts';

const runOf = (run: string, brokers: readonly string[]): LocatedRun => {
  const results = brokers.map((broker) => madeResult({ run, broker }));
  return { run: madeRun(results, { run }), indexPath: `${run}.json` };
};

const shownIn = (runs: readonly LocatedRun[], isYardstick = false) => {
  const experiment = {
    ...madeExperiment,
    ...(isYardstick && { isYardstick: ({ broker }: { broker: string }) => broker === 'direct' }),
  };
  return chosenParts(experiment, runs).map(({ located, results }) => [
    located.run.index.run,
    results.map(({ broker }) => broker).join(' '),
  ]);
};

const runs = [runOf('new', ['direct', 'kafka']), runOf('old', ['direct', 'kafka', 'sqs'])];

test('each broker has the newest run that it is in', () => {
  expect(shownIn(runs)).toEqual([
    ['new', 'direct kafka'],
    ['old', 'sqs'],
  ]);
});

test('what others are compared with is shown with each of them, and never by itself', () => {
  expect(shownIn(runs, true)).toEqual([
    ['new', 'kafka direct'],
    ['old', 'sqs direct'],
  ]);
  expect(shownIn([runOf('newest', ['direct']), ...runs], true)).toEqual(shownIn(runs, true));
});
