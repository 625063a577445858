import { expect, test } from 'vitest';
import { openClock, resolutionUs } from '../../lab/clock.ts';

test('a clock that steps in ms is found out, and one that stands still too', () => {
  let readings = 0;
  const coarse = { nowUs: () => Math.floor(readings++ / 700) * 1_000 };
  expect(resolutionUs(coarse)).toBe(1_000);
  expect(resolutionUs({ nowUs: () => 5 })).toBeUndefined();
});

test('the clock of this machine steps by less than 50 µs', () => {
  expect(resolutionUs(openClock())).toBeLessThan(50);
});
