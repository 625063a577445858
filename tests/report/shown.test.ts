import { expect, test } from 'vitest';
import { EVERY_EXPERIMENT } from '../../experiments/index.ts';
import { anchorOf, commandOf, gather, pointsOf, successorsOf } from '../../report/shown.ts';
import { killedResult, wayResult } from '../experiments/made-ways.ts';
import { paced, runOf, soundBroker, struck } from './made-data.ts';

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

test.each([
  ['coalesced', false, '--brokers kafka --tier power --seed 7'],
  ['coalesced', true, '--brokers kafka --tier power --seed 7'],
  ['direct', false, '--seed 7 --brokers kafka,sqs --tier power'],
] as const)('the command of a trial over HTTP, %s, struck: %s', (way, isStruck, rest) => {
  const { faults } = killedResult('kafka');
  const result = wayResult({ way, changed: isStruck ? { faults } : {} });
  const { run } = runOf([result]);
  const command = 'npm run lab -- direct-or-queued --seed 7 --brokers kafka,sqs --tier power';
  const facts = { result, index: { ...run.index, command }, path: '' };
  expect(commandOf(facts)).toBe(`npm run lab -- direct-or-queued ${rest}`);
});

test('a broken promise that a newer run has taken the place of is kept, with what did', () => {
  const old = struck('zombie', 5, 3, { verdict: 'fail', reasons: ['3 lost'] });
  const [newer, other] = [5, 6].map((strikes) => {
    const tier = strikes === 5 ? ('kill' as const) : ('power' as const);
    return struck('zombie', strikes, 0, { run: 'run-2', trial: `${tier}`, tier });
  });
  const data = gather(EVERY_EXPERIMENT, [runOf([newer!, other!], 'run-2'), runOf([old])]);
  expect(data.replaced.map(({ result }) => result)).toEqual([old]);
  expect(data.trials.has(anchorOf(old))).toBe(false);
  expect(successorsOf(old, data)).toEqual([newer]);
  expect(gather(EVERY_EXPERIMENT, [runOf([old])]).replaced).toEqual([]);
});

test('points of a curve are of one run, below saturation, and no steps of a search', () => {
  const inCurve = (share: number, changed = {}) =>
    paced(500, 9, {
      ...{ experiment: 'capacity-curve', run: 'run-2', trial: `point-${share}` },
      capacity: { objectiveMs: 100, point: { capacityLikesPerS: 500 / share, share } },
      ...changed,
    });
  const probe = { objectiveMs: 100, probe: { step: 1, reason: 'the start' } };
  const newer = [inCurve(0.5), inCurve(1.1), inCurve(2, { trial: 'step', capacity: probe })];
  const runs = [runOf(newer, 'run-2'), runOf([paced(500, 5), paced(2_000, 6)])];
  const points = pointsOf(gather(EVERY_EXPERIMENT, runs));
  expect(points.map(({ trial }) => trial).sort()).toEqual(['paced-2000-6', 'point-0.5']);
});
