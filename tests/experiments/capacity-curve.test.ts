import { describe, expect, test } from 'vitest';
import { capacityCurve, foundBySearch, SEARCH_S_MAX } from '../../experiments/capacity-curve.ts';
import type { Profile, Step, StepOrder } from '../../lab/experiment.ts';
import { planOf } from '../../lab/plan-trial.ts';
import { toMarkdown, toText } from '../../lab/table.ts';
import { type TrialResult, trialResultSchema } from '../../lab/trial-result.ts';
import { pacedResult } from '../lab/made-paced.ts';
import { madePlan, madeResult } from '../lab/made-result.ts';
import { orderOf } from './step-order.ts';

const OBJECTIVE_MS = 250;
const MAXIMUM = madeResult({
  experiment: 'capacity-curve',
  plan: madePlan('publish-then-count'),
});

interface Made {
  readonly profile?: Profile;
  readonly repeats?: number;
  readonly secondsPerTrial?: number;
  /** What a trial at that rate shows. */
  readonly p99Ms: (likesPerS: number) => number;
}

/** Plays a whole run of one contender, as runJobs does, against a made broker. */
function play({ profile = 'quick', repeats = 1, secondsPerTrial = 5, p99Ms }: Made) {
  const order: StepOrder = { ...orderOf({ profile }), repeats, objectiveMs: OBJECTIVE_MS };
  const own: TrialResult[] = [MAXIMUM];
  const decisions: string[] = [];
  let step: Step | undefined = capacityCurve.steps(order)[0];
  while (step !== undefined) {
    const { rate, pace, capacity } = step;
    const likesPerS = 'likesPerS' in rate! ? rate.likesPerS : 4_000;
    const { plan, ...result } = pacedResult(likesPerS, p99Ms(likesPerS));
    const made: TrialResult = {
      ...result,
      experiment: 'capacity-curve',
      durationS: secondsPerTrial,
      plan: { ...plan, pace: pace! },
      capacity,
    };
    own.push(made);
    const found = capacityCurve.next!(own, order);
    if (found?.decision) decisions.push(found.decision);
    step = found?.step;
    expect(own.length).toBeLessThan(200);
  }
  return { own: own.slice(1), decisions };
}

const kneeAt = (knee: number) => (likesPerS: number) => (likesPerS <= knee ? 30 : 800);

describe('a run of one broker', () => {
  test.each(['smoke', 'quick', 'full'] as const)(
    'has samples for a p99 at every rate: %s',
    (profile) => {
      for (const maximum of [40, 90, 300, 20_000]) {
        const [step] = capacityCurve.steps(orderOf({ profile }));
        const job = { ...orderOf().contender, experiment: capacityCurve, step: step! };
        const plan = planOf(job, maximum, { seed: 1, shards: 4, backlogBytesMax: 1_000 });
        const measured = Number(plan.likes) - plan.likesPerS! * plan.warmUpS!;
        expect(measured).toBeGreaterThanOrEqual(300);
      }
    },
  );

  test('starts at half of its own maximum, and the trial of that leads to nothing else', () => {
    const [first, ...others] = capacityCurve.steps(orderOf());
    expect(others).toEqual([]);
    expect(first).toMatchObject({ mode: 'paced', rate: { shareOfMaximum: 0.5 } });
    expect(capacityCurve.next!([MAXIMUM], orderOf())).toBeUndefined();
    expect(capacityCurve.shows!(MAXIMUM)).toBe(false);
  });

  test('finds the capacity, then draws its curve: shares, and common rates up to 110 %', () => {
    const { own, decisions } = play({ p99Ms: kneeAt(2_500) });
    const found = foundBySearch(own);
    expect(found).toMatchObject({ kind: 'done', isResolved: true, limit: 'p99' });
    const capacity = found?.kind === 'done' ? found.capacityLikesPerS : 0;
    expect(capacity).toBeLessThanOrEqual(2_500);
    expect(capacity).toBeGreaterThan(2_500 / 1.05);
    const points = own.filter(({ capacity: facts }) => facts?.point);
    expect(points.map(({ plan }) => plan.pace)).toEqual([
      ...['25', '50', '75', '90', '100', '110'].map((share) => `${share} % of capacity`),
      ...['100/s', '500/s', '1,000/s', '2,000/s'],
    ]);
    for (const { plan, capacity: facts } of points) {
      expect(facts!.point!.capacityLikesPerS).toBe(capacity);
      expect(facts!.point!.share).toBeCloseTo(plan.likesPerS! / capacity, 9);
    }
    const probes = own.filter(({ capacity: facts }) => facts?.probe);
    expect(probes.map(({ capacity: facts }) => facts!.probe!.step)).toEqual(
      probes.map((_, place) => place + 1),
    );
    expect(decisions).toHaveLength(probes.length);
    expect(decisions[0]).toMatch(/^step 1: 4,000\/s: p99 800 ms, fails \(p99\) -> try 2,000\/s/);
    for (const result of own) expect(() => trialResultSchema.parse(result)).not.toThrow();
  });

  test('repeats each point as often as it is told to, and the search never', () => {
    const once = play({ p99Ms: kneeAt(300) }).own;
    const thrice = play({ p99Ms: kneeAt(300), repeats: 3 }).own;
    const count = (own: TrialResult[], kind: 'probe' | 'point') =>
      own.filter(({ capacity }) => capacity?.[kind]).length;
    expect(count(thrice, 'probe')).toBe(count(once, 'probe'));
    expect(count(thrice, 'point')).toBe(3 * count(once, 'point'));
  });

  test('has three points in the profile smoke', () => {
    const { own } = play({ profile: 'smoke', p99Ms: kneeAt(300) });
    expect(own.filter(({ capacity }) => capacity?.point)).toHaveLength(3);
  });

  test('ends where not even the least rate holds: no curve, and a row that says so', () => {
    const { own } = play({ p99Ms: () => 900 });
    expect(own.every(({ capacity }) => capacity?.probe !== undefined)).toBe(true);
    expect(foundBySearch(own)).toMatchObject({ kind: 'none' });
    const [search] = capacityCurve.tables!(own);
    expect(toText(search!)).toMatch(/^kafka +kill +250 +– +– +p99 +\d+: /m);
    expect(search!.notes).toEqual(['kafka kill: not even 20/s holds']);
  });

  test('ends its search when its seconds are over, and says that it was cut short', () => {
    const secondsPerTrial = SEARCH_S_MAX.quick / 3 + 1;
    const { own } = play({ p99Ms: kneeAt(100_000), secondsPerTrial });
    expect(own.filter(({ capacity }) => capacity?.probe)).toHaveLength(3);
    expect(foundBySearch(own)).toMatchObject({ kind: 'done', isResolved: false });
    expect(capacityCurve.tables!(own)[0]!.notes[0]).toContain('the search ends after 3 steps');
  });
});

describe('its tables', () => {
  const { own } = play({ p99Ms: kneeAt(2_500) });
  const [search, below, above] = capacityCurve.tables!(own);

  test('show the capacity with what limits it above, and every step', () => {
    expect(search!.rows).toHaveLength(1);
    const row = Object.fromEntries(
      search!.heads.map((head, place) => [head, search!.rows[0]![place]]),
    );
    expect(row).toMatchObject({ broker: 'kafka', tier: 'kill', 'limited by': 'p99' });
    expect(row.steps).toMatch(/^\d+: 4,000 ✗, 2,000 ✓, /);
  });

  test('never mix points at saturation with the others', () => {
    const offered = (table = below!) => table.rows.map((cells) => cells[2]);
    // By rate: a text would sort 1,000 before 500.
    expect(offered().slice(0, 3)).toEqual(['100/s', '500/s', '25 % of capacity']);
    expect(offered()).not.toContain('100 % of capacity');
    expect(offered(above)).toEqual(['100 % of capacity', '110 % of capacity']);
    expect(above!.title).toContain('saturation');
    expect(toMarkdown(above!)).toContain('| 110 % of capacity |');
  });

  test('name a point below the capacity that does not hold after all', () => {
    const contradicted = own.map((result) =>
      result.plan.pace === '90 % of capacity'
        ? {
            ...pacedResult(result.plan.likesPerS!, 700),
            plan: result.plan,
            capacity: result.capacity,
          }
        : result,
    );
    const [table] = capacityCurve.tables!(contradicted);
    expect(table!.notes).toEqual([
      'kafka kill: 90 % of capacity did not hold when the curve was run: p99 700 ms',
    ]);
  });
});
