import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Contender, type Job, schedule } from '../../lab/schedule.ts';
import { madeExperiment } from './made-result.ts';

const CONTENDERS: Contender[] = [
  { broker: 'kafka', tier: 'kill' },
  { broker: 'kafka', tier: 'power' },
  { broker: 'redis-streams', tier: 'kill' },
  { broker: 'null', tier: 'memory' },
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
          expect(new Set(round.map(({ step }) => step)).size).toBe(1);
          expect(new Set(round.map(({ experiment }) => experiment)).size).toBe(1);
          modes.push(`${round[0]!.experiment.name} ${round[0]!.step.mode}`);
        }
        const turn = (name: string) => [`${name} publish-then-count`, `${name} sustained`];
        const repeated = (name: string) => Array.from({ length: repeats }, () => turn(name)).flat();
        expect(modes).toEqual([...repeated('throughput'), ...repeated('latency')]);
      }),
    );
  });

  test('lets every contender come first now and then', () => {
    const firsts = new Set(
      Array.from({ length: 40 }, (_, seed) => subjects(scheduled(seed, 1))[0]),
    );
    expect(firsts.size).toBe(CONTENDERS.length);
  });

  test('leaves the list of contenders as it was given', () => {
    const before = structuredClone(CONTENDERS);
    scheduled(3);
    expect(CONTENDERS).toEqual(before);
  });
});
