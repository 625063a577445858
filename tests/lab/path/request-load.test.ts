import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FLASH_POST,
  isInBurst,
  likesInBurst,
  mergeByDue,
  requestLoadOf,
} from '../../../lab/path/request-load.ts';
import type { TrialPlan } from '../../../lab/trial-plan.ts';
import { openWorkload } from '../../../likes/workloads/workload.ts';

const LIKES_PER_S = 100;

function planOf(changed: Partial<TrialPlan> = {}): TrialPlan {
  return {
    ...{ experiment: 'made', mode: 'path', workload: 'zipf', likes: 300, seed: 5 },
    ...{ lanes: 4, consumers: 1, shards: 4, backlogBytesMax: 1, likesPerS: LIKES_PER_S },
    path: { kind: 'queued', rule: 'states', gateways: 1 },
    ...changed,
  };
}

const burst = { factor: 11, atS: 1, lastsS: 0.5 };
const withBurst = planOf({ path: { ...planOf().path!, burst } });

describe('the requests of a plan', () => {
  test('are the likes of the workload, each once, evenly at their rate', () => {
    const requests = [...requestLoadOf(planOf({ likes: 2_000 }))];
    const likes = [...openWorkload('zipf', { likes: 2_000, seed: 5 }).stream()];
    expect(likes.some(({ retry }) => retry)).toBe(true);
    expect(requests.map(({ post, user, version }) => [post, user, version])).toEqual(
      likes.filter(({ retry }) => !retry).map(({ post, user, version }) => [post, user, version]),
    );
    expect(requests.slice(0, 3).map(({ dueUs }) => dueUs)).toEqual([0, 10_000, 20_000]);
  });

  test('are the same each time they are asked for', () => {
    const load = requestLoadOf(withBurst);
    expect([...load]).toEqual([...load]);
    expect([...load]).toEqual([...requestLoadOf(withBurst)]);
  });

  test('come at random where the plan says so, with the same mean', () => {
    const poisson = [...requestLoadOf(planOf({ arrivals: 'poisson', likes: 3_000 }))];
    const spanS = poisson.at(-1)!.dueUs / 1e6;
    expect(spanS).toBeGreaterThan(27);
    expect(spanS).toBeLessThan(33);
    expect(new Set(poisson.map(({ dueUs }) => dueUs)).size).toBeGreaterThan(2_900);
  });
});

describe('a burst', () => {
  test('adds what the factor says, all on one post, each like by another user', () => {
    const requests = [...requestLoadOf(withBurst)];
    const flash = requests.filter(({ post }) => post === FLASH_POST);
    expect(flash).toHaveLength(500);
    expect(likesInBurst(burst, LIKES_PER_S)).toBe(500);
    expect(new Set(flash.map(({ user }) => user)).size).toBe(500);
    expect(requests).toHaveLength(800);
    const inBurst = requests.filter(({ dueUs }) => isInBurst(burst, dueUs));
    // The rate of the plan goes on: 50 likes of it are due meanwhile.
    expect(inBurst).toHaveLength(550);
    expect(flash.every(({ dueUs }) => isInBurst(burst, dueUs))).toBe(true);
  });

  test('is due where its first moment is in it and its last is not', () => {
    const at = (s: number) => isInBurst(burst, s * 1e6);
    expect([0.999, 1, 1.499, 1.5].map(at)).toEqual([false, true, true, false]);
    expect(isInBurst(undefined, 1e6)).toBe(false);
  });
});

test('two loads become one in the order of their due times, and lose nothing', () => {
  const times = fc.array(fc.nat(1_000), { maxLength: 20 });
  const loadOf = (dues: readonly number[], user: string) =>
    [...dues]
      .sort((one, other) => one - other)
      .map((dueUs) => ({ dueUs, post: 'p', user, action: 'like' as const, version: 1 }));
  fc.assert(
    fc.property(times, times, (first, second) => {
      const [one, other] = [loadOf(first, 'a'), loadOf(second, 'b')];
      const merged = [...mergeByDue(one, other)];
      expect(merged.filter(({ user }) => user === 'a')).toEqual(one);
      expect(merged.filter(({ user }) => user === 'b')).toEqual(other);
      expect(merged.map(({ dueUs }) => dueUs)).toEqual(
        [...first, ...second].sort((left, right) => left - right),
      );
    }),
  );
});
