import { expect, test } from 'vitest';
import { clockFactsOf, compareClocks } from '../../lab/compare-clocks.ts';

/** A clock, and another one that is ahead of it, each way of a question taking some time. */
function twoClocks(aheadUs: number, waysUs: readonly [number, number][]) {
  let us = 0;
  let asked = 0;
  const clock = { nowUs: () => us };
  const ask = async () => {
    const [there, back] = waysUs[asked++ % waysUs.length]!;
    us += there;
    const nowUs = us + aheadUs;
    us += back;
    return { nowUs, resolutionUs: 1 };
  };
  return { clock, ask };
}

test('clocks that agree are apart by no more than the bound', async () => {
  const { ask, clock } = twoClocks(0, [
    [900, 100],
    [60, 40],
    [10, 400],
  ]);
  const found = (await compareClocks(ask, clock))!;
  expect(found.skewBoundUs).toBe(50);
  expect(Math.abs(found.skewUs)).toBeLessThanOrEqual(found.skewBoundUs);
});

test('a clock that is ahead is found, with the shortest round trip as the bound', async () => {
  const { ask, clock } = twoClocks(5_000, [
    [900, 100],
    [50, 50],
  ]);
  expect(await compareClocks(ask, clock)).toEqual({
    resolutionUs: 1,
    skewUs: 5_000,
    skewBoundUs: 50,
  });
});

test('a process that does not answer is not compared', async () => {
  expect(await compareClocks(async () => undefined, { nowUs: () => 0 })).toBeUndefined();
  expect(clockFactsOf([])).toBeUndefined();
});

test('of several clocks the coarsest and the one that is surest to be apart are told', () => {
  const near = { resolutionUs: 0.1, skewUs: 90, skewBoundUs: 100 };
  const apart = { resolutionUs: 20, skewUs: -60, skewBoundUs: 10 };
  expect(clockFactsOf([near, apart])).toEqual({
    processes: 2,
    resolutionUs: 20,
    skewUs: -60,
    skewBoundUs: 10,
  });
});
