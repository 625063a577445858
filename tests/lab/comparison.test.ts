import { describe, expect, test } from 'vitest';
import { comparisonsOf, withoutTwins } from '../../lab/comparison.ts';
import { madePlan, madeResult } from './made-result.ts';
import { pacedRuns, SIX, SIX_AGAIN, sustainedRuns, times } from './made-runs.ts';

const kafka = sustainedRuns('kafka', times(1_000, SIX));
const redis = sustainedRuns('redis-streams', times(1_000, SIX_AGAIN));
const sqs = sustainedRuns('sqs', times(300, SIX));

describe('a comparison', () => {
  test('calls two really different samples different, and two of the same thing a tie', () => {
    const [comparison, ...others] = comparisonsOf([...sqs, ...kafka, ...redis]);
    expect(others).toEqual([]);
    expect(comparison!.metric.name).toBe('sustained');
    expect(comparison!.setting).toBe('kill, sustained');
    expect(comparison!.brokers.map(({ broker, call }) => [broker, call])).toEqual([
      ['kafka', 'best'],
      ['redis-streams', 'tie'],
      ['sqs', 'behind'],
    ]);
    const [best, tie, behind] = comparison!.brokers;
    expect(best).toMatchObject({ runs: 6, median: 1_005, toBest: undefined });
    expect(tie!.toBest!.interval.low).toBeLessThan(1);
    expect(tie!.toBest!.interval.high).toBeGreaterThanOrEqual(1);
    expect(behind!.toBest!.ratio).toBeCloseTo(0.3, 2);
    expect(behind!.toBest!.interval.high).toBeLessThan(0.4);
    for (const { detects } of comparison!.brokers) {
      expect(detects).toBeGreaterThan(1);
      expect(detects).toBeLessThan(1.2);
    }
  });

  test('takes the lowest for the best where lower is better', () => {
    const results = [...pacedRuns('kafka', times(20, SIX)), ...pacedRuns('sqs', times(10, SIX))];
    const found = comparisonsOf(results);
    expect(found.map(({ metric }) => metric.name)).toEqual(['p50', 'p99']);
    for (const { brokers, setting } of found) {
      expect(setting).toBe('kill, 100/s');
      expect(brokers.map(({ broker }) => broker)).toEqual(['sqs', 'kafka']);
      expect(brokers[1]!.toBest!.ratio).toBeCloseTo(2, 6);
    }
  });

  test('is made of brokers with six valid runs, and says who has fewer', () => {
    const five = sqs.slice(1);
    const struck = { ...sqs[0]!, numbersValid: false, numbersStruck: ['late'] };
    const [comparison] = comparisonsOf([...kafka, ...redis, ...five, struck]);
    expect(comparison!.brokers.map(({ broker }) => broker)).toEqual(['kafka', 'redis-streams']);
    expect([...comparison!.tooFew]).toEqual([['sqs', 5]]);
    expect(comparisonsOf([...kafka, ...five, struck])).toEqual([]);
    expect(comparisonsOf(kafka)).toEqual([]);
  });

  test('never crosses tiers, loads or numbers of consumers, and names what differs', () => {
    const power = sustainedRuns('redis-streams', times(1_000, SIX), { tier: 'power' });
    expect(comparisonsOf([...kafka, ...power])).toEqual([]);
    const plan = { ...madePlan('sustained'), consumers: 2 };
    const two = [kafka, redis].flat().map((result) => ({ ...result, plan }));
    expect(comparisonsOf([...kafka, ...redis, ...two]).map(({ setting }) => setting)).toEqual([
      'kill, sustained, 1 consumer',
      'kill, sustained, 2 consumers',
    ]);
  });

  test('holds for brokers whose habits differ, and leaves the ceiling and twins out', () => {
    const habit = { ...madePlan('sustained'), likesPerSend: 2_000 };
    const large = redis.map((result) => ({ ...result, plan: habit }));
    const ceiling = sustainedRuns('null', times(9_000, SIX), { tier: 'kill' });
    const twins = sustainedRuns('kafka', times(8_000, SIX), { alias: 'kafka (again)' });
    const [comparison, ...others] = comparisonsOf([...kafka, ...large, ...ceiling, ...twins]);
    expect(others).toEqual([]);
    expect(comparison!.brokers.map(({ broker, runs }) => [broker, runs])).toEqual([
      ['kafka', 6],
      ['redis-streams', 6],
    ]);
    expect(withoutTwins([...kafka, ...twins])).toEqual(kafka);
  });

  test('says nothing of the speed of brokers whose servers are killed', () => {
    const resources = { producerCpuUsPerLike: 1, consumerCpuUsPerLike: 1, serverCpuUsPerLike: 1 };
    const killed = [...kafka, ...redis].map((result) =>
      madeResult({ ...result, plan: madePlan('crash'), resources: resources as never }),
    );
    expect(comparisonsOf(killed)).toEqual([]);
  });

  test('makes no claim of a ratio where a run has no number above 0', () => {
    const idle = sustainedRuns('sqs', [0, 1, 1, 1, 1, 1]);
    const [comparison] = comparisonsOf([...kafka, ...idle]);
    expect(comparison!.brokers[1]).toMatchObject({ call: 'no claim', toBest: undefined });
  });
});
