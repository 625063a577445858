import { expect, test } from 'vitest';
import { EVERY_EXPERIMENT, EXPERIMENTS, experimentsOf } from '../../experiments/index.ts';

test('every experiment has a name and heads of its own, and a question of one line', () => {
  const names = EVERY_EXPERIMENT.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, question, columns, rowHeads, firstScreen } of EVERY_EXPERIMENT) {
    const heads = [...rowHeads, ...columns].map(({ head }) => head);
    expect(new Set(heads).size, name).toBe(heads.length);
    expect(question, name).toMatch(/^[^\n]+\?$/);
    expect(heads, name).toEqual(expect.arrayContaining([...(firstScreen ?? [])]));
    for (const { meaning } of [...rowHeads, ...columns]) expect(meaning).toMatch(/\.$/);
  }
});

test('the first experiment runs closed loops, from which the others have their maxima', () => {
  const order = { profile: 'quick', likes: undefined } as const;
  const contender = { broker: 'kafka', tier: 'kill', likesPerSRough: 1_000 } as const;
  const [first] = EXPERIMENTS;
  const steps = first!.steps({ ...order, contender });
  expect(steps.map(({ mode }) => mode)).toContain('publish-then-count');
});

test('scaling and capacity-curve run with all others in the profile full only', () => {
  const namesOf = (profile: string) => experimentsOf(profile).map(({ name }) => name);
  expect(namesOf('quick')).toEqual([
    'throughput',
    'latency',
    'ordering',
    'persistence',
    'calibration',
  ]);
  expect(namesOf('full')).toEqual([...namesOf('quick'), 'scaling', 'capacity-curve']);
});
