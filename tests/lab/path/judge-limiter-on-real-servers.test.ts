import { expect, test } from 'vitest';
import { openRealPaths } from './real-paths.ts';

test('a limiter whose Redis dies under load limits on, and refuses nothing for it', async () => {
  await using paths = await openRealPaths(['redis-streams']);
  const { limiter, path, verdict, reasons, workload } = await paths.run({
    broker: 'redis-streams',
    path: {
      ...{ kind: 'queued', rule: 'states', gateways: 2 },
      limiter: { where: 'redis-away', likesPerS: 2, burst: 3 },
    },
    likesPerS: 300,
    measureS: 4,
  });
  expect(reasons).toEqual([]);
  expect(verdict).toBe('pass');
  expect(workload).toMatchObject({ name: 'crowd', likes: 1_350 });
  const { requests, ...found } = path!;
  expect(found).toMatchObject({ acceptedTwice: 0, acceptedUncounted: 0, isExact: true });
  // Nothing was refused for want of Redis.
  expect(requests.accepted + requests.limited).toBe(1_350);
  const { groups, wanted, decidedAlone, away, redisCpuUsPerRequest } = limiter!;
  const sum = (part: 'offered' | 'stopped') => groups.reduce((all, one) => all + one[part], 0);
  expect([sum('offered'), sum('stopped')]).toEqual([1_350, requests.limited]);
  expect(requests.limited).toBeGreaterThan(0);
  expect(wanted.untold).toBe(0);
  // A third of the load and more, for the circuit waits before it looks again; never all of it.
  expect(away!.tookMs).toBeGreaterThanOrEqual(1_499);
  expect(decidedAlone).toBeGreaterThan(300);
  expect(decidedAlone).toBeLessThan(1_350);
  expect(redisCpuUsPerRequest).toBeGreaterThan(0);
}, 60_000);
