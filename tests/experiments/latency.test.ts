import { expect, test } from 'vitest';
import { latency } from '../../experiments/latency.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';
import { orderOf } from './step-order.ts';

test('every profile offers rates that all brokers are compared at, and no whole maximum', () => {
  for (const profile of ['smoke', 'quick', 'full'] as const) {
    const rates = latency.steps(orderOf({ profile })).map(({ rate }) => rate!);
    const common = rates.flatMap((rate) => ('likesPerS' in rate ? [rate.likesPerS] : []));
    const shares = rates.flatMap((rate) => ('shareOfMaximum' in rate ? [rate.shareOfMaximum] : []));
    expect(common.length).toBeGreaterThan(0);
    // At saturation a latency says how long a queue is, and not how fast.
    expect(Math.max(0, ...shares)).toBeLessThan(1);
    const slow = latency.steps(orderOf({ profile, broker: 'sqs', likesPerSRough: 100 }));
    expect(slow.map(({ rate }) => rate)).toEqual(rates);
  }
});

test('every trial warms up before it is measured', () => {
  for (const step of latency.steps(orderOf({ profile: 'full' }))) {
    expect(step.mode).toBe('paced');
    expect(step.warmUpS).toBeGreaterThan(0);
    expect(step.measureS).toBeGreaterThan(step.warmUpS!);
  }
});

test('a probe of the maximum is no row of the table', () => {
  expect(latency.shows!(madeResult({ plan: madePlan('publish-then-count') }))).toBe(false);
  expect(latency.shows!(madeResult({ plan: madePlan('paced') }))).toBe(true);
});
