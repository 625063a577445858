import { describe, expect, test } from 'vitest';
import { sharding } from '../../experiments/sharding.ts';
import { schedule } from '../../lab/schedule.ts';
import { ROUTING_NAMES } from '../../store/routing/routing.ts';
import { calculated, sharded } from './made-loads.ts';
import { CEILING, orderOf } from './step-order.ts';

describe('the steps', () => {
  test('of null are calculations, of at least a million likes, and nothing else', () => {
    const steps = sharding.steps(orderOf(CEILING));
    expect(new Set(steps.map(({ mode }) => mode))).toEqual(new Set(['calculation']));
    expect(Math.min(...steps.map(({ likes }) => likes as number))).toBeGreaterThanOrEqual(1e6);
    expect(steps.every(({ once }) => once)).toBe(true);
    const exponents = steps.flatMap(({ workload, made }) =>
      workload === 'zipf' ? made!.exponent : [],
    );
    expect(exponents).toEqual([0.6, 0.8, 0.99, 1.2]);
    expect(steps.map(({ workload }) => workload)).toEqual(
      expect.arrayContaining(['trending', 'flash', 'newest']),
    );
  });

  test('of a queue are each case in a closed and in an open loop, under the same limit', () => {
    const steps = sharding.steps(orderOf({ profile: 'full', likesPerSRough: 1e6 }));
    expect(new Set(steps.map(({ shards }) => shards))).toEqual(new Set([2, 4, 8]));
    const modes = Map.groupBy(steps, ({ mode }) => mode);
    expect([...modes.values()].map(({ length }) => length)).toEqual([15, 15]);
    const limits = steps.map(({ sharding: plan }) => [
      plan!.transactionsPerSMax,
      plan!.likesPerTransactionMax,
    ]);
    expect(new Set(limits.map(String)).size).toBe(1);
    const known = steps.map(({ sharding: plan }) => plan!.routing.name);
    expect(new Set(known)).toEqual(new Set(['letters', 'ids', 'slots']));
    for (const name of known) expect(ROUTING_NAMES).toContain(name);
    // Ranges of ids are cut where the workload begins: half of its posts are there.
    const ids = steps.find(({ sharding: plan }) => plan!.routing.name === 'ids')!;
    expect(ids.sharding!.routing.idsSeen).toBe(5_000);
  });

  test('offer more to more shards, and no more than a queue bears', () => {
    const ratesOf = (likesPerSRough: number) =>
      sharding
        .steps(orderOf({ profile: 'full', likesPerSRough }))
        .flatMap(({ rate }) => (rate && 'likesPerS' in rate ? rate.likesPerS : []));
    expect([...new Set(ratesOf(1e6))]).toEqual([3_000, 6_000, 12_000]);
    expect([...new Set(ratesOf(9_000))]).toEqual([3_000]);
  });

  test('repeat the trials and not the calculations', () => {
    const contenders = [
      { ...CEILING, likesPerSRough: 1 },
      { broker: 'kafka', tier: 'kill', likesPerSRough: 1e6 } as const,
    ];
    const options = { experiments: [sharding], contenders, likes: undefined, seed: 1 };
    const jobs = schedule({ ...options, profile: 'quick', repeats: 2 });
    const of = (broker: string) => jobs.filter((job) => job.broker === broker).length;
    expect([of('null'), of('kafka')]).toEqual([7, 2 * 10]);
  });
});

describe('the tables', () => {
  const results = [
    calculated('newest', { letters: { likes: 1.8 }, ids: { likes: 14 }, slots: { likes: 1.1 } }),
    sharded('newest', 'letters', 4_000),
    sharded('newest', 'slots', 8_000),
  ];

  test('are the claims, the loads and the trials, each row of which stands alone', () => {
    const titles = sharding.tables!(results).map(({ title }) => title);
    expect(titles).toEqual([
      'What the course says, and what was found',
      'Largest over mean load of the shards, over all likes (calculated)',
      'The same in the tenth of the likes in which it is worst (calculated)',
      'What an uneven spread costs, under a modelled limit',
    ]);
    expect(sharding.tables!([])).toEqual([]);
    expect(results.map((result) => sharding.shows!(result))).toEqual([true, true, true]);
    expect(sharding.rowKey(results[0]!)).toEqual(['null', 'memory', 'newest', '4', 'all']);
    expect(sharding.rowKey(results[1]!)).toEqual(['kafka', 'kill', 'newest', '4', 'letters']);
    const skewed = sharding.rowKey(sharded('zipf 1.2', 'slots', 1));
    expect(skewed).toEqual(['kafka', 'kill', 'zipf 1.2', '4', 'slots']);
  });

  test('name the modelled limit in every row of a trial', () => {
    const table = sharding.tables!(results).at(-1)!;
    const at = table.heads.indexOf('modelled limit');
    expect(table.rows.map((row) => row[at])).toEqual(['100/s of 50 likes', '100/s of 50 likes']);
    expect(table.rows.map((row) => row[table.heads.indexOf('likes/s')])).toEqual([
      '4,000',
      '8,000',
    ]);
  });

  test('have no trials where only calculations were asked for', () => {
    expect(sharding.tables!(results.slice(0, 1)).at(-1)!.title).toMatch(/calculated/);
  });
});
