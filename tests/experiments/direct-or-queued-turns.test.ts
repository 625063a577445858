import { describe, expect, test } from 'vitest';
import {
  describeCrossover,
  isSteady,
  turnRows,
  turnsOf,
} from '../../experiments/direct-or-queued-turns.ts';
import { crossoverOf } from '../../lab/crossover.ts';
import { wayResult, waysEvening } from './made-ways.ts';

const PAIR = { direct: 'direct, +1', queued: 'queue, coalesced updates' };
const turnOf = (results: Parameters<typeof turnsOf>[0]) =>
  turnsOf(results).find(({ direct, queued }) => {
    return direct === PAIR.direct && queued === PAIR.queued;
  })!;

describe('where the choice turns', () => {
  test('is told for each direct way against each way through each broker', () => {
    const rows = turnRows(turnsOf(waysEvening()));
    expect(rows).toHaveLength(8);
    expect(rows[0]).toEqual([
      ...['direct, +1', 'queue, coalesced updates', 'kafka', 'power'],
      'direct up to 1,000/s, queue from 2,000/s',
      'queue at all of 100/s to 4,000/s, no crossover',
      'queue at 1,000/s, queue at 5,000/s',
    ]);
  });

  test('is not told by trials whose broker was killed, nor by numbers that do not stand', () => {
    const evening = waysEvening(['kafka']);
    const { bursts } = turnOf(evening);
    expect(bursts.map(({ likesPerS }) => likesPerS)).toEqual([1_000, 5_000]);
    const struck = evening.map((result) =>
      result.broker === 'direct' && result.plan.likesPerS === 500 && isSteady(result)
        ? { ...result, numbersValid: false }
        : result,
    );
    expect(turnOf(struck).api[1]).toMatchObject({ likesPerS: 500, better: 'not told' });
    expect(describeCrossover(crossoverOf(turnOf(struck).api))).toBe(
      'direct up to 1,000/s, queue from 2,000/s',
    );
  });

  test('rests on what was accepted where only the client was late, and on no time then', () => {
    const late = (p99Us: number) => ({
      numbersValid: false,
      numbersStruck: ['audit, generator-late: p99 behind its schedule'],
      path: { generatorLagUsP99: p99Us },
    });
    const apiAt2000 = (shed: number, lateUs: number) => {
      const direct = wayResult({ way: 'direct', likesPerS: 2_000, p99Ms: 900, shed });
      const struck = late(lateUs);
      const changed = { ...direct, ...struck, path: { ...direct.path!, ...struck.path } };
      const queued = wayResult({ way: 'coalesced', likesPerS: 2_000, p99Ms: 9 });
      return turnOf([changed, queued]).api[0];
    };
    expect(apiAt2000(0.3, 30_000)).toMatchObject({ better: 'queue', by: 'accepted' });
    expect(apiAt2000(0, 30_000)).toMatchObject({ better: 'not told' });
    expect(apiAt2000(0.3, 300_000)).toMatchObject({ better: 'not told' });
  });

  test('is said as no crossover when direct wins everywhere', () => {
    const results = [100, 4_000].flatMap((likesPerS) => [
      wayResult({ way: 'direct', likesPerS, p99Ms: 3 }),
      wayResult({ way: 'coalesced', likesPerS, p99Ms: 9 }),
    ]);
    expect(describeCrossover(crossoverOf(turnOf(results).api))).toBe(
      'direct at all of 100/s to 4,000/s, no crossover',
    );
  });

  test('does not call a tie a rate at which one of them is better', () => {
    const results = [
      [100, 3, 9],
      [500, 9, 3],
      [1_000, 9, 9],
    ].flatMap(([likesPerS, direct, queue]) => [
      wayResult({ way: 'direct', likesPerS: likesPerS!, p99Ms: direct! }),
      wayResult({ way: 'coalesced', likesPerS: likesPerS!, p99Ms: queue! }),
    ]);
    expect(turnRows(turnsOf(results))[0]![4]).toBe(
      'direct up to 100/s, queue from 500/s, but a tie at 1,000/s',
    );
  });

  test('is nothing where one side is missing', () => {
    expect(turnsOf([wayResult({ way: 'direct' })])).toEqual([]);
    expect(describeCrossover({ kind: 'not told' })).toBe('–');
  });

  test('leaves out CPU of which a part is not known', () => {
    const cpu = { gateway: 100, workers: 50, database: 20 };
    const results = [wayResult({ way: 'direct' }), wayResult({ way: 'coalesced', cpu })];
    expect(turnOf(results).cpu[0]!.better).toBe('not told');
  });
});
