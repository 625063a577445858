import { describe, expect, test } from 'vitest';
import type { Step } from '../../lab/experiment.ts';
import { type ChosenPlan, LIKES_MEASURED_LEAST, planFacts, planOf } from '../../lab/plan-trial.ts';
import type { Job } from '../../lab/schedule.ts';
import { CONSUMERS_DEFAULT, LANES_DEFAULT } from '../../lab/trial-plan.ts';
import { madeExperiment } from './made-result.ts';

const NOTHING_CHOSEN: ChosenPlan = { seed: 1, shards: 4, backlogBytesMax: 1_000 };

function jobOf(step: Step): Job {
  const contender = { broker: 'kafka', tier: 'kill', likesPerSRough: 1_000 } as const;
  return { ...contender, experiment: madeExperiment, step };
}

function planned(step: Step, chosen: Partial<ChosenPlan> = {}, maximum?: number) {
  return planOf(jobOf(step), maximum, { ...NOTHING_CHOSEN, ...chosen });
}

const STEP: Step = { mode: 'sustained', likes: 10 };
const ASKING: Step = { ...STEP, workload: 'toggles', lanes: 2, consumers: 3, checksStates: true };

describe('a plan', () => {
  test('has the defaults where neither the step nor the user says anything', () => {
    expect(planned(STEP)).toMatchObject({
      experiment: 'throughput',
      mode: 'sustained',
      likes: 10,
      workload: 'trending',
      lanes: LANES_DEFAULT,
      consumers: CONSUMERS_DEFAULT,
    });
  });

  test('has one shard on an engine that spreads by itself', () => {
    const store = { engine: 'cassandra', rule: 'tally' } as const;
    expect(planned(STEP, { store, shards: 8 })).toMatchObject({ store, shards: 1 });
    expect(planned({ ...STEP, store })).toMatchObject({ store, shards: 1 });
  });

  test('has the shards that the question is about, whatever the user says', () => {
    const sharding = { routing: { name: 'letters' }, transactionsPerSMax: 100 };
    const plan = planned({ ...STEP, shards: 8, sharding }, { shards: 2 });
    expect(plan).toMatchObject({ shards: 8, sharding });
    expect(planFacts(plan, undefined)).toMatchObject({ shards: 8, sharding });
    expect(planFacts(planned(STEP), undefined)).not.toHaveProperty('sharding');
  });

  test('of a calculation has its own workload, and changes none that the user chose', () => {
    const made = { exponent: 1.2, authors: true };
    const step: Step = { ...STEP, workload: 'zipf', made };
    const chosen = { workload: 'toggles', data: 'mine.csv' } as const;
    expect(planned({ ...step, mode: 'calculation' }, chosen)).toMatchObject({
      ...{ workload: 'zipf', made, data: undefined },
    });
    expect(planned(step, chosen)).toMatchObject({ workload: 'toggles', made: undefined });
    expect(planned(step)).toMatchObject({ workload: 'zipf', made });
  });

  test('has what the question needs, and rather what the user says', () => {
    expect(planned(ASKING)).toMatchObject({
      workload: 'toggles',
      lanes: 2,
      consumers: 3,
      checksStates: true,
    });
    const chosen = { workload: 'zipf', lanes: 8, consumers: 5, likesPerSend: 7 } as const;
    expect(planned(ASKING, chosen)).toMatchObject({ ...chosen, checksStates: true });
  });

  test('offers a rate for its time: as many likes as fall due, named by that rate', () => {
    const rate = { likesPerS: 2_000 };
    const plan = planned({ mode: 'paced', likes: 0, rate, warmUpS: 0.5, measureS: 3 });
    expect(plan).toMatchObject({ likesPerS: 2_000, warmUpS: 0.5, likes: 7_000, pace: '2,000/s' });
  });

  test.each([
    // A rate, or the maximum that half is offered of; and the seconds that are measured.
    [{ likesPerS: 20 }, undefined, 16],
    [{ likesPerS: 100 }, undefined, 3.2],
    [{ likesPerS: 1_000 }, undefined, 3],
    [{ likesPerS: 2 }, undefined, 20],
    [{ shareOfMaximum: 0.5 }, 80, 8],
    [{ shareOfMaximum: 0.5 }, 8_000, 3],
  ])('of %o with a maximum of %s measures for %s s, so that a p99 has its samples', (...made) => {
    const [rate, maximum, seconds] = made;
    const step = { rate, warmUpS: 1, measureS: 3, likesMeasuredLeast: LIKES_MEASURED_LEAST };
    const { likesPerS, likes } = planned({ mode: 'paced', likes: 0, ...step }, {}, maximum);
    expect(Number(likes) / likesPerS! - 1).toBeCloseTo(seconds, 6);
  });

  test('offers a share of the maximum, named by that share', () => {
    const rate = { shareOfMaximum: 0.5 };
    const crash = { killAfterS: 2, holdS: 1, goOnS: 0.5, acknowledgedLeast: 5 };
    const plan = planned({ mode: 'crash', likes: 0, rate, measureS: 2, crash }, {}, 301);
    const pace = '50 % of own maximum';
    expect(plan).toMatchObject({ mode: 'crash', likesPerS: 151, likes: 302, warmUpS: 0, pace });
    expect(plan.crash).toEqual(crash);
  });

  test('shares the maximum with the trials beside it, down to what a step needs at least', () => {
    const offered = (parallel: number, likesPerSLeast?: number) => {
      const rate = { shareOfMaximum: 0.5, ...(likesPerSLeast && { likesPerSLeast }) };
      const { likesPerS, pace } = planned(
        { mode: 'faults', likes: 0, rate, measureS: 1 },
        { parallel },
        8_000,
      );
      return [likesPerS, pace];
    };
    expect(offered(1, 2_000)).toEqual([4_000, '50 % of own maximum']);
    const beside = '50 % of own maximum, shared by 4 trials side by side';
    expect(offered(4)).toEqual([1_000, beside]);
    expect(offered(4, 2_000)).toEqual([2_000, `2,000/s, above ${beside}`]);
    // A maximum found on a server that has just started is no reason to ask for less; but what is
    // more than the share does not go by its name.
    expect(offered(4, 9_000)).toEqual([9_000, `9,000/s, above ${beside}`]);
  });

  test('of a share of an unknown maximum names no rate, since there was none', () => {
    const plan = planned({ mode: 'crash', likes: 0, rate: { shareOfMaximum: 0.5 }, measureS: 2 });
    expect({ likesPerS: plan.likesPerS, likes: plan.likes }).toEqual({ likes: 0 });
    expect(planFacts(plan, undefined)).toMatchObject({
      pace: '50 % of own maximum',
      likesPerS: undefined,
    });
  });
});

describe('the facts of a plan', () => {
  const habits = { likesPerSend: 500, sendsInFlight: 2 };

  test("have the broker's habits where the user chose nothing, else the choice", () => {
    expect(planFacts(planned(STEP), habits)).toMatchObject(habits);
    expect(planFacts(planned(STEP, { likesPerSend: 7 }), habits)).toMatchObject({
      likesPerSend: 7,
      sendsInFlight: 2,
    });
  });

  test('claim no habits of a broker that was never asked', () => {
    const { likesPerSend, sendsInFlight } = planFacts(planned(STEP), undefined);
    expect({ likesPerSend, sendsInFlight }).toEqual({});
  });
});

describe('a plan over HTTP', () => {
  const step: Step = {
    ...{ mode: 'path', likes: 0, rate: { likesPerS: 100 }, warmUpS: 1, measureS: 2 },
    path: { kind: 'queued', rule: 'states', gateways: 1 },
  };
  const direct: Step = { ...step, path: { kind: 'direct', rule: 'tally', gateways: 1 } };

  test('counts by the rule of its path, in the store that was chosen', () => {
    expect(planned(step)).toMatchObject({
      ...{ likes: 300, likesPerS: 100, path: step.path },
      store: { engine: 'sqlite', rule: 'states' },
    });
    const store = { engine: 'postgres', rule: 'tally' } as const;
    expect(planned(step, { store }).store).toEqual({ engine: 'postgres', rule: 'states' });
    expect(planFacts(planned(step), undefined)).toMatchObject({ path: step.path });
  });

  test('that is direct has PostgreSQL and nobody behind it, whatever is chosen', () => {
    const store = { engine: 'sqlite', rule: 'states' } as const;
    expect(planned(direct, { store, consumers: 3, shards: 8 })).toMatchObject({
      ...{ store: { engine: 'postgres', rule: 'tally' }, consumers: 0, shards: 1 },
    });
  });
});
