import { expect, test } from 'vitest';
import type { Experiment } from '../../lab/experiment.ts';
import { followUp } from '../../lab/next-job.ts';
import type { Job } from '../../lab/schedule.ts';
import { trialResultSchema } from '../../lab/trial-result.ts';
import { madeExperiment, madeResult } from './made-result.ts';

const contender = { broker: 'kafka', tier: 'kill', likesPerSRough: 1_000 } as const;
const order = { profile: 'quick', likes: undefined, contender } as const;
const STEP = { mode: 'paced', likes: 0, rate: { likesPerS: 7 } } as const;
const capacity = { objectiveMs: 250, probe: { step: 2, reason: 'twice as much' } };

function jobOf(next: Experiment['next'], withOrder = true): Job {
  const experiment: Experiment = { ...madeExperiment, ...(next && { next }) };
  const step = { mode: 'paced' as const, likes: 0 };
  return { ...contender, experiment, step, ...(withOrder && { order }) };
}

test('nothing follows where an experiment does not go on, or was not told how', () => {
  const result = madeResult();
  expect(followUp(jobOf(undefined), [], result)).toEqual({ result });
  expect(
    followUp(
      jobOf(() => ({ step: STEP }), false),
      [],
      result,
    ),
  ).toEqual({ result });
  expect(
    followUp(
      jobOf(() => undefined),
      [],
      result,
    ),
  ).toEqual({ result });
});

test('the next trial is of the same contender, and keeps what the experiment was asked', () => {
  const job = jobOf(() => ({ step: STEP, decision: 'so it is' }));
  const found = followUp(job, [], madeResult());
  expect(found.next).toEqual({ ...job, step: STEP });
  expect(found.decision).toBe('so it is');
});

test('an experiment is shown its own results of that contender only, the newest last', () => {
  const others = [
    madeResult({ broker: 'sqs' }),
    madeResult({ tier: 'power' }),
    madeResult({ experiment: 'ordering' }),
  ];
  const [first, second] = [madeResult({ trial: '001' }), madeResult({ trial: '002' })];
  const seen: string[][] = [];
  const job = jobOf((own) => {
    seen.push(own.map(({ trial }) => trial));
    return undefined;
  });
  followUp(job, [...others, first], second);
  expect(seen).toEqual([['001', '002']]);
});

test('what was made of a step of a search stands in its result, which stays a valid one', () => {
  const job = jobOf(() => ({ decision: 'holds -> try 7/s' }));
  const { result } = followUp(job, [], madeResult({ capacity }));
  expect(result.capacity!.probe).toEqual({ ...capacity.probe, decision: 'holds -> try 7/s' });
  expect(() => trialResultSchema.parse(result)).not.toThrow();
  const point = { objectiveMs: 250, point: { capacityLikesPerS: 9, share: 0.5 } };
  expect(followUp(job, [], madeResult({ capacity: point })).result.capacity).toEqual(point);
});
