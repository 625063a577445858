import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StepOrder } from '../../lab/experiment.ts';
import { type Job, schedule } from '../../lab/schedule.ts';
import type { Contender } from '../../lab/trial-plan.ts';
import { madeExperiment } from './made-result.ts';

const CONTENDERS: Contender[] = [
  { broker: 'kafka', tier: 'kill', likesPerSRough: 1_000 },
  { broker: 'kafka', tier: 'power', likesPerSRough: 1_000 },
  { broker: 'redis-streams', tier: 'kill', likesPerSRough: 1_000 },
  { broker: 'null', tier: 'memory', likesPerSRough: 1_000 },
];

function scheduled(seed: number, repeats = 3): Job[] {
  const second = { ...madeExperiment, name: 'latency' };
  return schedule({
    experiments: [madeExperiment, second],
    contenders: CONTENDERS,
    profile: 'quick',
    likes: undefined,
    repeats,
    seed,
  });
}

function subjects(jobs: readonly Job[]): string[] {
  return jobs.map(({ broker, tier }) => `${broker} ${tier}`);
}

describe('a schedule', () => {
  test('is the same for the same seed and another for another one', () => {
    expect(scheduled(7)).toEqual(scheduled(7));
    expect(subjects(scheduled(7))).not.toEqual(subjects(scheduled(8)));
  });

  test('runs a calculation once, however many repeats are asked for', () => {
    const calculation = { mode: 'calculation', likes: 10, once: true } as const;
    const experiment = {
      ...madeExperiment,
      steps: () => [calculation, { mode: 'sustained', likes: 10 } as const],
    };
    const options = { experiments: [experiment], contenders: CONTENDERS.slice(0, 1), seed: 1 };
    const jobs = schedule({ ...options, profile: 'full', likes: undefined, repeats: 3 });
    const modes = jobs.map(({ step }) => step.mode);
    expect(modes).toEqual(['calculation', 'sustained', 'sustained', 'sustained']);
  });

  test('brings along what is no broker, and asks for its steps as well', () => {
    const direct = { broker: 'direct', tier: 'power', likesPerSRough: 1_000 } as const;
    const experiment = { ...madeExperiment, besides: [direct] };
    const jobs = schedule({
      ...{ experiments: [experiment], contenders: CONTENDERS.slice(0, 1), profile: 'quick' },
      ...{ likes: undefined, repeats: 2, seed: 1 },
    });
    expect(new Set(subjects(jobs))).toEqual(new Set(['kafka kill', 'direct power']));
  });

  test('gives each step to all contenders, once each, before the next step begins', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 4 }), (seed, repeats) => {
        const jobs = scheduled(seed, repeats);
        expect(jobs).toHaveLength(2 * repeats * 2 * CONTENDERS.length);
        const rounds = Array.from({ length: jobs.length / CONTENDERS.length }, (_, index) =>
          jobs.slice(index * CONTENDERS.length, (index + 1) * CONTENDERS.length),
        );
        const modes: string[] = [];
        for (const round of rounds) {
          expect(subjects(round).sort()).toEqual(subjects(CONTENDERS as Job[]).sort());
          expect(new Set(round.map(({ step }) => step.mode)).size).toBe(1);
          expect(new Set(round.map(({ experiment }) => experiment)).size).toBe(1);
          modes.push(`${round[0]!.experiment.name} ${round[0]!.step.mode}`);
        }
        const turn = (name: string) => [`${name} publish-then-count`, `${name} sustained`];
        const repeated = (name: string) => Array.from({ length: repeats }, () => turn(name)).flat();
        expect(modes).toEqual([...repeated('throughput'), ...repeated('latency')]);
      }),
    );
  });

  test('asks for the steps of each contender, and runs them in their order, once a repeat', () => {
    const stepsOf = (broker: string) => {
      const modes = { kafka: ['sustained', 'paced'], 'redis-streams': ['sustained'], null: [] };
      return modes[broker as keyof typeof modes] as ('sustained' | 'paced')[];
    };
    const asked = new Set<unknown>();
    const experiment = {
      ...madeExperiment,
      steps({ contender, profile, likes }: StepOrder) {
        asked.add(JSON.stringify([contender, profile, likes]));
        return stepsOf(contender.broker).map((mode) => ({ mode, likes: 10 }));
      },
    };
    const some = { experiments: [experiment], contenders: CONTENDERS, likes: 77, seed: 3 };
    const jobs = schedule({ ...some, profile: 'full', repeats: 2 });
    expect(asked).toEqual(
      new Set(CONTENDERS.map((contender) => JSON.stringify([contender, 'full', 77]))),
    );
    const told = (place: number) =>
      jobs
        .slice(5 * place, 5 * place + 5)
        .map(({ broker, tier, step }) => `${step.mode} ${broker} ${tier}`);
    // Whoever has no second step is left out of the second round.
    for (const repeat of [0, 1]) {
      expect(told(repeat).slice(0, 3).sort()).toEqual([
        'sustained kafka kill',
        'sustained kafka power',
        'sustained redis-streams kill',
      ]);
      expect(told(repeat).slice(3).sort()).toEqual(['paced kafka kill', 'paced kafka power']);
    }
    expect(jobs).toHaveLength(10);
  });

  test('is empty where no contender has a step, and where there is no contender', () => {
    const some = { profile: 'quick', likes: undefined, repeats: 2, seed: 3 } as const;
    const idle = { ...madeExperiment, steps: () => [] };
    expect(schedule({ ...some, experiments: [idle], contenders: CONTENDERS })).toEqual([]);
    expect(schedule({ ...some, experiments: [madeExperiment], contenders: [] })).toEqual([]);
  });

  test('lets every contender come first now and then', () => {
    const firsts = new Set(
      Array.from({ length: 40 }, (_, seed) => subjects(scheduled(seed, 1))[0]),
    );
    expect(firsts.size).toBe(CONTENDERS.length);
  });

  test('draws a new order for each repeat', () => {
    const jobs = scheduled(7, 12).filter(({ experiment }) => experiment.name === 'latency');
    const rounds = Array.from({ length: jobs.length / CONTENDERS.length }, (_, round) =>
      subjects(jobs.slice(round * CONTENDERS.length, (round + 1) * CONTENDERS.length)).join(),
    );
    expect(new Set(rounds).size).toBeGreaterThan(rounds.length / 2);
  });

  test('lets a broker under a second name run among all others, once a repeat and step', () => {
    const experiment = { ...madeExperiment, twins: () => [CONTENDERS[2]!] };
    const jobs = schedule({
      ...{ experiments: [experiment, { ...madeExperiment, name: 'ordering' }], likes: undefined },
      ...{ contenders: CONTENDERS, profile: 'full', repeats: 6, seed: 7 },
    });
    const again = jobs.filter(({ alias }) => alias !== undefined);
    expect(again).toHaveLength(6 * 2);
    for (const job of again) {
      expect(job).toMatchObject({ ...CONTENDERS[2], alias: 'redis-streams (again)', experiment });
    }
    const place = ({ alias }: Job) => alias !== undefined;
    const rounds = Array.from({ length: 12 }, (_, round) => jobs.slice(round * 5, round * 5 + 5));
    for (const round of rounds) expect(round.filter(place)).toHaveLength(1);
    expect(new Set(rounds.map((round) => round.findIndex(place))).size).toBeGreaterThan(2);
  });

  test('repeats as often as the user says, else the experiment, else the profile', () => {
    const some = { contenders: CONTENDERS, likes: undefined, seed: 3, profile: 'full' } as const;
    const experiments = [madeExperiment, { ...madeExperiment, name: 'scaling', repeats: 2 }];
    const timesOf = (chosen: boolean) =>
      schedule({ ...some, experiments, repeats: 6, repeatsChosen: chosen }).length;
    expect(timesOf(true)).toBe(CONTENDERS.length * 2 * (6 + 6));
    expect(timesOf(false)).toBe(CONTENDERS.length * 2 * (6 + 2));
  });

  test('repeats what may be decided early as often as it may, and says which repeat it is', () => {
    const some = { contenders: CONTENDERS, likes: undefined, seed: 3, profile: 'full' } as const;
    const experiment = { ...madeExperiment, stopsWhenDecided: true as const };
    const experiments = [experiment, { ...madeExperiment, name: 'ordering' }];
    const jobs = schedule({ ...some, experiments, repeats: 6, repeatsUndecided: 9 });
    const [early, fixed] = ['throughput', 'ordering'].map((name) =>
      jobs.filter((job) => job.experiment.name === name).map((job) => job.repeatsBefore),
    );
    const eight = CONTENDERS.length * 2;
    const counted = (repeats: number) => Array.from({ length: repeats }, (_, repeat) => repeat);
    expect(early).toEqual(counted(9).flatMap((repeat) => Array(eight).fill(repeat)));
    expect(fixed).toEqual(Array(6 * eight).fill(undefined));
    // Where the user said how many, nothing stops earlier.
    const asked = schedule({ ...some, experiments, repeats: 7 });
    expect(asked).toHaveLength(2 * 7 * eight);
    expect(new Set(asked.map(({ repeatsBefore }) => repeatsBefore))).toEqual(new Set([undefined]));
  });

  test('leaves the list of contenders as it was given', () => {
    const before = structuredClone(CONTENDERS);
    scheduled(3);
    expect(CONTENDERS).toEqual(before);
  });
});

test('an experiment that goes on by itself begins once, and is told how often to repeat', () => {
  const goesOn = { ...madeExperiment, next: () => undefined };
  const jobs = schedule({
    experiments: [goesOn],
    contenders: CONTENDERS,
    profile: 'full',
    likes: undefined,
    repeats: 6,
    objectiveMs: 100,
    seed: 1,
  });
  expect(jobs).toHaveLength(2 * CONTENDERS.length);
  for (const { order, broker, tier } of jobs) {
    expect(order).toMatchObject({ profile: 'full', repeats: 6, objectiveMs: 100 });
    expect(order!.contender).toMatchObject({ broker, tier });
  }
  for (const job of scheduled(1)) expect(job.order).toBeUndefined();
});
