import { expect, test } from 'vitest';
import { pairTrials } from '../../lab/compare-pairs.ts';
import { madePlan, madeResult } from './made-result.ts';

const plan = madePlan('sustained');

test('trials are paired by broker and setting, and named apart only where they must be', () => {
  const two = { ...plan, consumers: 2 };
  const a = [madeResult(), madeResult({ plan: two }), madeResult({ broker: 'sqs' })];
  const { pairs, onlyInA, onlyInB } = pairTrials(a, [...a, madeResult({ tier: 'power' })]);
  expect(pairs.map(({ broker, trial }) => `${broker}: ${trial}`)).toEqual([
    'kafka: throughput, sustained, 1 consumer',
    'kafka: throughput, sustained, 2 consumers',
    'sqs: throughput, sustained',
  ]);
  expect(onlyInA).toEqual([]);
  expect(onlyInB).toMatchObject([
    { broker: 'kafka', tier: 'power', trial: 'throughput, sustained' },
  ]);
});

test('a trial that broke off, and knows no likes per send, has its counterpart', () => {
  const broken = madeResult({ plan: { ...plan, likesPerSend: undefined } });
  const { pairs, onlyInA, onlyInB } = pairTrials([madeResult()], [broken]);
  expect(pairs).toHaveLength(1);
  expect([...onlyInA, ...onlyInB]).toEqual([]);
  const both = pairTrials([broken], [broken]);
  expect(both.pairs).toHaveLength(1);
});

test('trials of two faults are no repeats of each other', () => {
  const struck = (name: string) =>
    madeResult({
      faults: {
        ...{ name, target: 'server', promised: 'survival', strikes: [] },
        ...{ valid: 0, void: 0, consumersReopened: 0 },
      },
    });
  const { pairs } = pairTrials([struck('server-kill'), struck('zombie')], [struck('zombie')]);
  expect(pairs.map(({ trial }) => trial)).toEqual(['throughput, zombie']);
});
