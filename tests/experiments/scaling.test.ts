import { expect, test } from 'vitest';
import { scaling } from '../../experiments/scaling.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';
import { orderOf } from './step-order.ts';

test('every row differs from another one in its consumers only, or in its lanes only', () => {
  const steps = scaling.steps(orderOf());
  const grid = steps.map(({ consumers, lanes }) => [consumers!, lanes!]);
  expect(new Set(grid.map(String)).size).toBe(grid.length);
  for (const [consumers, lanes] of grid) {
    const neighbours = grid.filter((other) => {
      return (other[0] === consumers) !== (other[1] === lanes);
    });
    expect(neighbours.length).toBeGreaterThan(0);
  }
  expect(grid).toContainEqual([1, 1]);
});

test('every trial counts from a full backlog, all of them of the same likes', () => {
  const steps = scaling.steps(orderOf());
  expect(new Set(steps.map(({ mode }) => mode))).toEqual(new Set(['publish-then-count']));
  expect(new Set(steps.map(({ likes }) => likes)).size).toBe(1);
});

test('a row is named by its consumers and lanes', () => {
  const plan = { ...madePlan('publish-then-count'), consumers: 2, lanes: 8 };
  expect(scaling.rowKey(madeResult({ plan }))).toEqual(['kafka', 'kill', '2', '8']);
});
