import { expect, test } from 'vitest';
import { EVERY_EXPERIMENT } from '../../experiments/index.ts';
import { anchorOf, commandOf, gather } from '../../report/shown.ts';
import { runOf, soundBroker, struck } from './made-data.ts';

test('every trial that is shown has its file, and an anchor of its own', () => {
  const results = soundBroker('kafka');
  const { trials } = gather(EVERY_EXPERIMENT, [runOf(results)]);
  expect([...trials.keys()].sort()).toEqual(results.map(anchorOf).sort());
  const facts = trials.get(anchorOf(results[0]!))!;
  expect(facts.path).toBe('2026-01-02/throughput/run-1/rated-kafka-kill.json');
});

test.each<[string, string, string]>([
  ['npm run lab -- all --seed 7', 'quick', '--seed 7'],
  ['npm run lab -- all', 'full', '--profile full'],
  ['npm run lab -- faults --profile full --kills 9', 'full', '--profile full --kills 9'],
  ['npm run lab -- faults --brokers kafka,sqs --tier kill,power --resume x', 'quick', ''],
])(
  'the command of a trial of `%s` asks for that trial, as the run did',
  (command, profile, rest) => {
    const result = struck('zombie', 1, 0);
    const { run } = runOf([result]);
    const facts = { result, index: { ...run.index, command, profile }, path: '' };
    const asked = 'npm run lab -- faults --brokers kafka --tier kill --faults zombie';
    expect(commandOf(facts)).toBe(`${asked} ${rest}`.trim());
  },
);
