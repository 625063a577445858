import { expect, test } from 'vitest';
import { EXPERIMENTS } from '../../experiments/index.ts';
import { twinInFull } from '../../experiments/twins.ts';
import type { Contender } from '../../lab/trial-plan.ts';

const contender = (broker: string): Contender => {
  return { broker, tier: 'kill', likesPerSRough: 1_000 };
};

test('one broker runs along under two names in the profile full, and in no other', () => {
  const contenders = ['null', 'kafka', 'redis-streams'].map(contender);
  expect(twinInFull(contenders, 'full')).toEqual([contender('redis-streams')]);
  expect(twinInFull(contenders.slice(0, 2), 'full')).toEqual([contender('kafka')]);
  expect(twinInFull(contenders.slice(0, 1), 'full')).toEqual([]);
  expect(twinInFull(contenders, 'quick')).toEqual([]);
});

test('the experiments that compare speeds have it, and stop when they are decided', () => {
  const compared = EXPERIMENTS.filter(({ stopsWhenDecided }) => stopsWhenDecided);
  expect(compared.map(({ name }) => name)).toEqual(['throughput', 'latency']);
  for (const { twins } of compared) expect(twins).toBe(twinInFull);
});
