import { describe, expect, test } from 'vitest';
import { briefCalibration, calibration } from '../../experiments/calibration.ts';
import { PROFILES, type Profile } from '../../lab/experiment.ts';
import { planOf } from '../../lab/plan-trial.ts';
import type { Job } from '../../lab/schedule.ts';
import { trialResultSchema } from '../../lab/trial-result.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';
import { CEILING, orderOf } from './step-order.ts';

const secondsOf = (steps: ReturnType<typeof calibration.steps>) =>
  steps.reduce((sum, { warmUpS = 0, measureS = 0 }) => sum + warmUpS + measureS, 0);

describe('the calibration', () => {
  test('runs on the one broker whose times are known', () => {
    expect(calibration.steps(orderOf())).toEqual([]);
    expect(briefCalibration.steps(orderOf())).toEqual([]);
  });

  test.each(Object.keys(PROFILES) as Profile[])('compares every like, profile %s', (profile) => {
    const steps = calibration.steps(orderOf({ ...CEILING, profile }));
    expect(steps.length).toBeGreaterThan(1);
    for (const step of steps) expect(step).toMatchObject({ mode: 'paced', calibrates: true });
  });

  test('takes some four minutes in quick, and a few seconds beside all others', () => {
    const steps = calibration.steps(orderOf(CEILING));
    // Each trial takes some 1.5 s more than its load lasts.
    expect(secondsOf(steps) + 1.5 * steps.length).toBeLessThan(250);
    const loads = steps.flatMap(({ service, rate }) =>
      service && rate && 'likesPerS' in rate ? [(rate.likesPerS * service.meanUs) / 1e6] : [],
    );
    expect([...new Set(loads.map((load) => load.toFixed(1)))]).toEqual([
      ...['0.1', '0.3', '0.5', '0.6', '0.7', '0.9'],
    ]);
    expect(loads).toHaveLength(24);
    const brief = briefCalibration.steps(orderOf(CEILING));
    expect(secondsOf(brief) + 1.5 * brief.length).toBeLessThanOrEqual(11);
  });

  test('draws services by the seed of its plan, and says in words what was offered', () => {
    const step = calibration.steps(orderOf(CEILING)).find(({ service }) => service !== undefined)!;
    const job: Job = { ...CEILING, likesPerSRough: 1, experiment: calibration, step };
    const chosen = { seed: 9, shards: 4, backlogBytesMax: 1, data: undefined };
    const plan = planOf(job, undefined, { ...chosen, likesPerSend: undefined });
    expect(plan.service).toEqual({ distribution: 'fixed', meanUs: 1_000, seed: 9 });
    expect(plan.arrivals).toBe('poisson');
    expect(plan.pace).toBe('100/s, Poisson arrivals, fixed service of 1 ms');
  });
});

function latencyOf(us: number) {
  return {
    ...{ samples: 100, meanUs: us, p50Us: us, p90Us: us, p99Us: us, maxUs: us },
    ...{ notPositive: 0, tooLong: 0, histogram: '' },
  };
}

const served = madeResult({
  experiment: 'calibration',
  broker: 'null',
  tier: 'memory',
  plan: {
    ...madePlan('paced'),
    ...{ likesPerS: 140, arrivals: 'poisson', pace: '140/s' },
    service: { distribution: 'exponential', meanUs: 5_000, seed: 1 },
  },
  addedLatency: {
    toDelivered: latencyOf(400),
    toVisible: latencyOf(900),
    queue: {
      load: 0.7,
      measured: { meanUs: 17_000, p99Us: 80_000 },
      sameDraws: { meanUs: 16_600, p99Us: 79_600 },
      longRun: { meanUs: 16_667, p99Us: 76_753, meanErrorUs: 100, p99ErrorUs: 10_000 },
    },
  },
});

const empty = madeResult({
  experiment: 'calibration',
  broker: 'null',
  tier: 'memory',
  plan: { ...madePlan('paced'), likesPerS: 5_000, arrivals: 'even', pace: '5,000/s' },
  addedLatency: { toDelivered: latencyOf(400), toVisible: latencyOf(900) },
});

describe('its tables', () => {
  test('are one of what is added, like by like, and one of the closed forms', () => {
    for (const result of [served, empty]) {
      expect(() => trialResultSchema.parse(result)).not.toThrow();
    }
    const [added, agreement] = calibration.tables!([empty, served]);
    expect(added!.rows.map((row) => row.slice(0, 2))).toEqual([
      ['exponential, 5 ms', 'load 0.7, 140/s'],
      ['none', '5,000/s'],
    ]);
    expect(added!.rows[1]![added!.heads.indexOf('added to visible p99 ms')]).toBe('0.90');
    expect(added!.rows[1]![added!.heads.indexOf('added to delivered p99 ms')]).toBe('0.40');
    expect(agreement!.rows).toHaveLength(1);
    const cell = (head: string) => agreement!.rows[0]![agreement!.heads.indexOf(head)];
    expect(cell('mean measured ms')).toBe('17.00');
    expect(cell('mean differs %')).toBe('+2.0');
    expect(cell('mean by chance ± %')).toBe('1.2');
    // 5 % of the closed form, and the 0.4 ms of the empty queue.
    expect(cell('mean allowed ms')).toBe('1.23');
    expect(cell('mean agrees')).toBe('yes');
  });

  test('tell what is too short to tell from what disagrees', () => {
    const [, agreement] = calibration.tables!([
      empty,
      {
        ...served,
        addedLatency: {
          ...served.addedLatency!,
          queue: {
            ...served.addedLatency!.queue!,
            measured: { meanUs: 20_000, p99Us: 90_000 },
          },
        },
      },
    ]);
    const cell = (head: string) => agreement!.rows[0]![agreement!.heads.indexOf(head)];
    expect(cell('mean agrees')).toBe('no');
    expect(cell('p99 agrees')).toBe('too short to tell');
  });

  test('of a run without a service are one', () => {
    expect(calibration.tables!([empty])).toHaveLength(1);
  });
});
