import { expect, test } from 'vitest';
import { cpuUsPerLike } from '../../lab/cpu-per-like.ts';
import type { TrialResult } from '../../lab/trial-result.ts';

const PARTS = { producerCpuUsPerLike: 1, consumerCpuUsPerLike: 2, serverCpuUsPerLike: 4 };

const resultWith = (resources: object | undefined) => ({ resources }) as unknown as TrialResult;

test('a like costs what all processes on its way use, a server of the store included', () => {
  expect(cpuUsPerLike(resultWith(PARTS))).toBe(7);
  expect(cpuUsPerLike(resultWith({ ...PARTS, storeServerCpuUsPerLike: 8 }))).toBe(15);
});

test('where the server is somebody else’s, nobody knows what a like costs', () => {
  const { serverCpuUsPerLike: _, ...others } = PARTS;
  expect(cpuUsPerLike(resultWith(others))).toBeUndefined();
  expect(cpuUsPerLike(resultWith(undefined))).toBeUndefined();
});
