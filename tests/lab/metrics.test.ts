import { describe, expect, test } from 'vitest';
import { METRICS, settingOf } from '../../lab/metrics.ts';
import { madeRates, madeResult } from './made-result.ts';

function toldBy(name: string, result: ReturnType<typeof madeResult>): number | undefined {
  return METRICS.find((metric) => metric.name === name)!.value(result);
}

describe('a metric', () => {
  const plan = madeResult().plan;

  test('is told by trials of its own mode only', () => {
    const rates = madeRates({ publishedLikesPerS: 500, sustainedLikesPerS: 300 });
    const apart = madeResult({ plan: { ...plan, mode: 'publish-then-count' }, rates });
    const together = madeResult({ plan: { ...plan, mode: 'sustained' }, rates });
    expect(toldBy('published', apart)).toBe(500);
    expect(toldBy('published', together)).toBeUndefined();
    expect(toldBy('sustained', together)).toBe(300);
    expect(toldBy('sustained', apart)).toBeUndefined();
  });

  test('is never taken from numbers that are struck out', () => {
    const rates = madeRates({ publishedLikesPerS: 500 });
    const mode = 'publish-then-count' as const;
    const struck = madeResult({ plan: { ...plan, mode }, rates, numbersValid: false });
    expect(METRICS.map(({ value }) => value(struck))).toEqual(METRICS.map(() => undefined));
  });
});

describe('the setting of a trial', () => {
  test('tells apart what may not be compared, and leaves the broker out', () => {
    const one = madeResult({ broker: 'kafka' });
    expect(settingOf(one)).toBe(settingOf(madeResult({ broker: 'sqs' })));
    expect(settingOf(one)).not.toBe(settingOf(madeResult({ tier: 'power' })));
    const lanes = madeResult({ plan: { ...one.plan, lanes: one.plan.lanes + 1 } });
    expect(settingOf(one)).not.toBe(settingOf(lanes));
    const sharding = { routing: { name: 'letters' } };
    expect(settingOf(one)).not.toBe(settingOf(madeResult({ plan: { ...one.plan, sharding } })));
    const workload = { ...one.workload, variant: 'exponent 1.2' };
    expect(settingOf(one)).not.toBe(settingOf(madeResult({ workload })));
  });
});
