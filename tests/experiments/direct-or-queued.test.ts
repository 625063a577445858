import { describe, expect, test } from 'vitest';
import { directOrQueued } from '../../experiments/direct-or-queued.ts';
import { DIRECT, describePath } from '../../lab/path-plan.ts';
import { schedule } from '../../lab/schedule.ts';
import { CEILING, orderOf } from './step-order.ts';

const steps = [{ broker: DIRECT }, { broker: 'kafka' }].flatMap((contender) =>
  directOrQueued.steps(orderOf(contender)),
);
const rateOf = (step: (typeof steps)[number]) => (step.rate as { likesPerS: number }).likesPerS;

describe('the steps', () => {
  test('offer every way the same rates and the same bursts', () => {
    const calm = steps.filter(({ faults }) => faults === undefined);
    const byWay = Map.groupBy(calm, ({ path }) => describePath(path!));
    expect([...byWay.keys()]).toEqual([
      'direct, +1',
      'direct, with states',
      'queue, one update a like',
      'queue, coalesced updates',
    ]);
    const offered = [...byWay.values()].map((own) =>
      own.map((step) => [rateOf(step), step.path!.burst?.factor, step.measureS, step.warmUpS]),
    );
    for (const one of offered) expect(one).toEqual(offered[0]);
    expect(offered[0]!.map(([perS, factor]) => [perS, factor])).toEqual([
      ...[100, 500, 1_000, 2_000, 4_000].map((perS) => [perS, undefined]),
      ...[10, 50].map((factor) => [100, factor]),
    ]);
  });

  test('all count into PostgreSQL, by the rule that their way has', () => {
    for (const { store, path, mode } of steps) {
      expect([mode, store]).toEqual(['path', { engine: 'postgres', rule: path!.rule }]);
    }
  });

  test('end their load with the burst, from whose end the count is waited for', () => {
    const bursts = steps.filter(({ path, faults }) => path!.burst && !faults);
    expect(bursts).toHaveLength(8);
    for (const { path, warmUpS, measureS } of bursts) {
      const { atS, lastsS } = path!.burst!;
      expect(warmUpS! + measureS!).toBeCloseTo(atS + lastsS);
      // Of what comes before it a 99th percentile is told as well.
      expect(atS - warmUpS!).toBeGreaterThanOrEqual(3);
    }
  });

  test('kill the broker in a burst, and only there', () => {
    const [killed, ...more] = steps.filter(({ faults }) => faults !== undefined);
    expect(more).toEqual([]);
    const { fault, firstAfterS, acknowledgedLeast } = killed!.faults!;
    const { atS, lastsS, factor } = killed!.path!.burst!;
    expect(fault.name).toBe('server-kill');
    expect(killed!.path!.kind).toBe('queued');
    expect(firstAfterS).toBeGreaterThan(atS);
    expect(firstAfterS).toBeLessThan(atS + lastsS - 1);
    expect(acknowledgedLeast).toBeGreaterThan(rateOf(killed!));
    expect(acknowledgedLeast).toBeLessThan((rateOf(killed!) * factor) / 2);
  });

  test('write directly once a run, however many brokers take part', () => {
    const contenders = ['kafka', 'redis-streams'].map((broker) => {
      return { broker, tier: 'power', likesPerSRough: 1_000 } as const;
    });
    const jobs = schedule({
      ...{ experiments: [directOrQueued], contenders, profile: 'quick', seed: 1 },
      ...{ likes: undefined, repeats: 1 },
    });
    const isDirect = jobs.filter(({ step }) => step.path!.kind === DIRECT);
    expect([isDirect.length, jobs.length]).toEqual([14, 44]);
  });

  test('are few in smoke, and none of a queue that only passes bytes on', () => {
    for (const broker of [DIRECT, 'kafka']) {
      expect(directOrQueued.steps(orderOf({ profile: 'smoke', broker }))).toHaveLength(4);
    }
    expect(directOrQueued.steps(orderOf(CEILING))).toEqual([]);
  });
});
