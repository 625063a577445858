import { describe, expect, test } from 'vitest';
import type { Promises } from '../../brokers/broker.ts';
import { TIERS } from '../../brokers/servers/server.ts';
import type { Target } from '../../lab/faults/fault.ts';
import { promisesOrder, survivalOf } from '../../lab/judge-faults.ts';
import { SURVIVALS } from '../../lab/trial-plan.ts';

describe('the promise under a fault', () => {
  const TARGETS = ['consumer', 'producer', 'network', 'store', 'queue'] as const;
  const promisedAt = (target: Target | undefined) =>
    TIERS.map((tier) => survivalOf(tier, target && { target }));

  test('is a question of the tier for the death of the server and for a power cut alone', () => {
    expect(TIERS).toEqual(['memory', 'everysec', 'kill', 'power']);
    expect(promisedAt('server')).toEqual(['nothing', 'all but 2 s', 'survival', 'survival']);
    expect(promisedAt('power')).toEqual(['nothing', 'all but 2 s', 'nothing', 'survival']);
    for (const target of [...TARGETS, undefined]) {
      expect(new Set(promisedAt(target)), target).toEqual(new Set(['survival']));
    }
  });

  test('ends on a full disk where the broker says so, and nowhere else', () => {
    const full = { target: 'queue', fillsDisk: true } as const;
    const ends = { survivalEndsOnFullDisk: true } as const;
    expect(survivalOf('kill', full, ends)).toBe('nothing');
    expect(survivalOf('kill', full)).toBe('survival');
    expect(survivalOf('kill', { target: 'queue' }, ends)).toBe('survival');
  });

  test('of order ends with the server where the broker says so, and nowhere else', () => {
    const perPost: Promises = { order: 'per-post', delivery: 'at-least-once', source: 'a page' };
    const untilRestart: Promises = { ...perPost, orderEndsWithServer: true };
    const keeps = (promises: Promises) =>
      (['server', 'power', 'network', undefined] as const).map((target) =>
        promisesOrder(promises, target && { target }, 'survival'),
      );
    expect(keeps(perPost)).toEqual([true, true, true, true]);
    expect(keeps(untilRestart)).toEqual([false, false, true, true]);
    expect(keeps({ ...untilRestart, order: 'none' })).toEqual([false, false, false, false]);
    const untilLoss: Promises = { ...perPost, orderEndsWithLoss: true };
    const keptAt = SURVIVALS.map((one) => promisesOrder(untilLoss, { target: 'power' }, one));
    expect(keptAt).toEqual([true, false, false]);
  });
});
